import { HeaderName, readScanHeaders, Streams, subjects, writeScanHeaders, type Bus } from '#libs/bus';
import { codecs, type DeadLetter } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { parseCommandLine } from '#libs/service';
import { Withdrawals, withdrawnError } from '#libs/withdrawals';
import { connectCommand } from '../../shared/connect-command.js';
import { natsOption } from '../../shared/options.js';
import { letterAt, originalOf, settleLetter } from './letters.js';

const OPTIONS = { nats: natsOption } as const;

const NOTES = `A scan goes to SCANS again at a new place, so that runs look at it anew; a batch request or a label \
to where it came from. A file that ingest refused is mended and sent by its sender: its patient and label were not \
kept. A batch that was not what its trainer asked for is nothing to send again. Exit code 1 when one could not be \
sent.`;

/** `sulcus dead retry NUMBER…`. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = 'Sends what could not be used on its way again, once its cause is mended.';
  const parsed = parseCommandLine(
    { name: 'sulcus dead retry', description, operand: '<number...>', options: OPTIONS, notes: NOTES },
    argv,
  );
  if (!parsed) return;
  await using bus = await connectCommand(parsed.options.nats, 'dead');
  for (const word of parsed.operands) {
    try {
      const letter = await letterAt(bus, word);
      const where = await sendAgain(bus, letter.letter);
      await settleLetter(bus, letter, `tried again: ${where}`);
      console.log(`${letter.number}: ${where}`);
    } catch (thrown) {
      const { code, rawMessage, transient } = SulcusError.from(thrown);
      if (transient) throw thrown;
      process.stderr.write(`dead retry ${word}: ${code}: ${rawMessage}\n`);
      process.exitCode = 1;
    }
  }
}

/** @returns where it went, for people */
async function sendAgain(bus: Bus, letter: DeadLetter): Promise<string> {
  const { originalType, subject } = letter;
  if (letter.service === 'ingest')
    throw new SulcusError('INVALID_ARGUMENT', `Ingest refused ${letter.source}: mend the file and send it again`);
  const bytes = await originalOf(bus, letter);
  if (!bytes || subject === '')
    throw new SulcusError('INVALID_ARGUMENT', 'Its original was not kept: there is nothing to send again');
  if (originalType === codecs.Scan.typeName) return sendScan(bus, bytes, subject);
  for (const codec of [codecs.BatchRequest, codecs.LabelEvent]) {
    if (codec.typeName !== originalType) continue;
    const { sequence } = await bus.publish(subject, codec as typeof codecs.LabelEvent, codec.decode(bytes) as never);
    return `sent to ${subject} again, where it is number ${sequence}`;
  }
  throw new SulcusError('INVALID_ARGUMENT', `A ${originalType || 'message without a schema'} is not sent again`);
}

/** The scan that lies on SCANS still is deleted first: at a new place it is new to all who follow. */
async function sendScan(bus: Bus, bytes: Buffer, subject: string): Promise<string> {
  const scan = codecs.Scan.decode(bytes);
  const { sampleId, patientId } = scan;
  if (await new Withdrawals(bus).isWithdrawn({ sampleId, patientId })) throw withdrawnError(sampleId);
  if (subject !== subjects.scan(scan.site, sampleId))
    throw new SulcusError('MESSAGE_INVALID', `It came as ${subject}, and says that it is sample ${sampleId}`);
  const before = await bus.getLast(Streams.SCANS, subject, codecs.Scan).catch(() => undefined);
  const known = before && readScanHeaders(before.headers);
  const earlierSequences = before ? [...(known?.earlierSequences ?? []), before.sequence] : [];
  if (before) await bus.deleteMessage(Streams.SCANS, before.sequence);
  const hash = before?.headers.get(HeaderName.PERCEPTUAL_HASH);
  const perceptualHash = hash === undefined ? undefined : Buffer.from(hash, 'base64');
  const headers = writeScanHeaders({ ...scan, earlierSequences, perceptualHash });
  const { sequence } = await bus.publish(subject, codecs.Scan, scan, { firstOnSubject: true, headers });
  return `sent to SCANS again, where it is number ${sequence}`;
}
