import { readUnusedPlaces, Streams } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { AuditContext } from './context.js';
import { Known } from './known-samples.js';

/** Places that are asked for one by one; of more, runs of places are told. */
const MAX_ASKED = 2000;

/**
 * Every place of SCANS that was ever given is accounted for: a scan lies there, or it is known where the scan that lay
 * there went, or it is on record that a full disk used the place up. Of the others the broker is asked once more: what
 * it holds and cannot give is unreadable.
 *
 * @returns places where nothing was ever acknowledged
 */
export async function auditPlaces(context: AuditContext, lastSequence: number): Promise<number> {
  const unused = await explainByRecord(context, lastSequence);
  await tellMissing(context, lastSequence);
  return unused;
}

async function explainByRecord({ bus, samples, signal }: AuditContext, lastSequence: number): Promise<number> {
  if (samples.places.missing(1, lastSequence).next().done === true) return 0;
  let unused = 0;
  for (const { first, last } of await readUnusedPlaces(bus, Streams.SCANS, signal))
    for (let place = first; place <= Math.min(last, lastSequence); place++) if (samples.places.add(place)) unused++;
  return unused;
}

async function tellMissing(context: AuditContext, lastSequence: number): Promise<void> {
  const { samples, findings } = context;
  if (await explainByObjects(context, lastSequence)) return;
  let asked = 0;
  for (const { first, last } of samples.places.missing(1, lastSequence)) {
    if (asked + last - first + 1 > MAX_ASKED) {
      const count = last - first + 1;
      findings.add({ kind: 'lost', where: `${Streams.SCANS}/${first}–${last}`, count, what: missing });
      continue;
    }
    for (let place = first; place <= last; place++, asked++) await ask(context, place);
  }
}

const missing =
  'it was given, nothing lies there, and nothing says why: a scan that was accepted there is neither stored nor ' +
  'archived nor withdrawn';

/** A sample that came back by a version that did not say from where: its object in the archive does. */
async function explainByObjects({ samples, archive, signal }: AuditContext, lastSequence: number): Promise<boolean> {
  const isWhole = (): boolean => samples.places.missing(1, lastSequence).next().done === true;
  if (isWhole()) return true;
  const hasObjects = samples.count(Known.OBJECT, Known.OBJECT) > 0;
  if (!archive || !hasObjects) return false;
  for await (const { sampleId } of archive.list(signal)) {
    const sample = await archive.load(sampleId, signal).catch(() => undefined);
    if (sample && sample.scanSequence > 0) samples.places.add(sample.scanSequence);
  }
  return isWhole();
}

async function ask({ bus, samples, findings, signal }: AuditContext, place: number): Promise<void> {
  const where = `${Streams.SCANS}/${place}`;
  try {
    const found = await bus.get(Streams.SCANS, place, codecs.Scan);
    if (found) samples.places.add(place);
    else findings.add({ kind: 'lost', where, what: missing });
  } catch (thrown) {
    const { transient, rawMessage: what } = SulcusError.from(thrown);
    if (transient || signal.aborted) throw thrown;
    findings.add({ kind: 'unreadable', where, what });
  }
}
