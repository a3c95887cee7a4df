import { createHash } from 'node:crypto';
import { Streams, type Bus } from '#libs/bus';
import { codecs, type DeadLetter } from '#libs/contracts';
import { discardHeld } from '#services/ingest';
import { heldIn } from '../commands/quarantine/held.js';

/** What was refused and kept, of what is withdrawn. */
export interface RefusedTold {
  /** Dead letters that are deleted, with their originals. */
  letters: number;
  /** Objects of the site's folders that are deleted. */
  held: number;
  /** What is kept and says of no patient that it is of her: for people to look through. */
  unknown: { letters: number[]; held: string[] };
}

/** Whose it is: samples by their identity, and a patient by her pseudonym. */
interface Whose {
  samples: ReadonlySet<string>;
  patientId: string | undefined;
}

/**
 * Deletes what was refused of samples and of a patient: dead letters at the broker, and what lies in the folders of the
 * site where this runs.
 *
 * @param dataDir SULCUS_DATA_DIR of ingest; one that is not there holds nothing
 */
export async function deleteRefused(
  bus: Bus,
  whose: Whose,
  dataDir: string,
  signal: AbortSignal,
): Promise<RefusedTold> {
  const told: RefusedTold = { letters: 0, held: 0, unknown: { letters: [], held: [] } };
  await deleteLetters(bus, whose, told, signal);
  for (const object of await heldIn(dataDir)) {
    const { name, note } = object;
    if (whose.samples.has(name) || isOf(whose, note.patientId)) {
      await discardHeld(object);
      told.held++;
    } else if (whose.patientId !== undefined && !note.patientId) told.unknown.held.push(name);
  }
  return told;
}

async function deleteLetters(bus: Bus, whose: Whose, told: RefusedTold, signal: AbortSignal): Promise<void> {
  if ((await bus.statsOf(Streams.DEAD)).messages === 0) return;
  const codec = codecs.DeadLetter;
  for await (const { message, sequence } of bus.follow({ stream: Streams.DEAD, codec, storedOnly: true, signal })) {
    if (!message) continue;
    const { sampleId, patientId } = aboutWhom(message);
    if (whose.samples.has(sampleId) || isOf(whose, patientId)) {
      await bus.deleteMessage(Streams.DEAD, sequence, { erase: true });
      if (message.original?.blob) await bus.deleteBlob(message.original.blob.sha256);
      told.letters++;
    } else if (whose.patientId !== undefined && patientId === '' && isFile(message))
      told.unknown.letters.push(sequence);
  }
}

const isOf = ({ patientId }: Whose, known: string | undefined): boolean =>
  patientId !== undefined && known === patientId;

/** A letter may hold the image: as a scan, or as it came. */
function aboutWhom({ originalType, original, patientId }: DeadLetter): { sampleId: string; patientId: string } {
  if (originalType !== codecs.Scan.typeName) return { sampleId: hashOf(original), patientId };
  try {
    const scan = codecs.Scan.decode(original?.inline ?? Buffer.alloc(0));
    return { sampleId: scan.sampleId || hashOf(original), patientId: patientId || scan.patientId };
  } catch {
    return { sampleId: hashOf(original), patientId };
  }
}

const hashOf = (original: DeadLetter['original']): string =>
  original?.blob?.sha256 ?? (original?.inline ? createHash('sha256').update(original.inline).digest('hex') : '');

/** An image or another file, and no message of ours. */
const isFile = ({ originalType, original }: DeadLetter): boolean =>
  (original?.inline ?? original?.blob) != null && /^(image|application)\//.test(originalType);
