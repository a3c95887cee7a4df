import { Withdrawals } from '#libs/withdrawals';
import type { AuditContext } from './context.js';
import { Known } from './known-samples.js';

/** What was withdrawn is accounted for, and is nowhere else. To be read behind all that says where samples are. */
export async function auditWithdrawn({ bus, samples, findings, signal }: AuditContext): Promise<void> {
  for await (const { sampleId, withdrawal } of new Withdrawals(bus).samples(signal)) {
    for (const place of withdrawal.sequences) samples.places.add(place);
    const { before } = samples.mark(sampleId, Known.WITHDRAWN);
    const places = [
      ...(before & Known.SCANS ? ['on SCANS'] : []),
      ...(before & (Known.INDEX | Known.OBJECT) ? ['in the archive'] : []),
    ];
    if (places.length === 0) continue;
    const what = `it was withdrawn, and is ${places.join(' and ')} still: sulcus withdraw completes it`;
    findings.add({ kind: 'wrong', where: 'withdrawn', sampleId, what });
  }
}
