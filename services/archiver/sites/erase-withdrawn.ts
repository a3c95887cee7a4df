import { siteOfScan, Streams, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { Withdrawals } from '#libs/withdrawals';

/**
 * Erases a scan that a site stored while it was being withdrawn: a site may delete nothing itself. One that is gone is
 * erased already.
 *
 * @throws PERMISSION_DENIED when it was not withdrawn, or another site sent it
 */
export async function eraseWithdrawn(bus: Bus, site: string, sequence: number): Promise<void> {
  const scan = await bus.get(Streams.SCANS, sequence, codecs.Scan);
  if (!scan) return;
  const { sampleId, patientId } = scan.message;
  if (siteOfScan(scan.subject) !== site || !(await new Withdrawals(bus).isWithdrawn({ sampleId, patientId })))
    throw new SulcusError('PERMISSION_DENIED', `Scan ${sequence} is not one of ${site} that was withdrawn`);
  await bus.deleteMessage(Streams.SCANS, sequence, { erase: true });
}
