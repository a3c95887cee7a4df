import { codecs } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { ArchiveIndex } from '#libs/archive';
import type { AuditContext } from './context.js';
import { Known } from './known-samples.js';

const SAMPLE = 'sample.';

/**
 * Compares what the broker notes of the archive with what the archive holds: each noted sample has its object, and each
 * object is noted unless the sample is on SCANS again.
 */
export async function auditArchive(context: AuditContext): Promise<void> {
  await readIndex(context);
  await readObjects(context);
}

async function readIndex({ bus, samples, findings, signal }: AuditContext): Promise<void> {
  const bucket = await bus.keyValue('archive');
  for await (const { key, value } of bucket.entries(SAMPLE, signal)) {
    const sampleId = key.slice(SAMPLE.length);
    try {
      const { scanSequence, earlierSequences, split, label } = codecs.ArchiveEntry.decode(value);
      for (const place of [scanSequence, ...earlierSequences]) if (place > 0) samples.places.add(place);
      const { number, before } = samples.mark(sampleId, Known.INDEX);
      if ((before & Known.SCANS) === 0) samples.describe(number, { sequence: 0, split, label });
    } catch (error) {
      const { rawMessage: what } = SulcusError.from(error);
      findings.add({ kind: 'unreadable', where: `archive note of ${sampleId}`, sampleId, what });
    }
  }
}

async function readObjects(context: AuditContext): Promise<void> {
  const { archive, samples, findings, readsContents, signal } = context;
  if (!archive) {
    const noted = samples.count(Known.INDEX, Known.INDEX);
    if (noted === 0) return;
    throw new SulcusError(
      'INVALID_CONFIG',
      `${noted} samples are archived, and the archive was not found: name it with --archive`,
    );
  }
  for await (const { sampleId } of archive.list(signal)) {
    const { number, before } = samples.mark(sampleId, Known.OBJECT);
    if ((before & (Known.INDEX | Known.SCANS)) === 0)
      samples.describe(number, { sequence: 0, split: 'SPLIT_UNSPECIFIED', label: '' });
    if (!readsContents) continue;
    try {
      const sample = await archive.load(sampleId, signal);
      if (sample && sample.scanSequence > 0) samples.places.add(sample.scanSequence);
    } catch (thrown) {
      const { code, transient, rawMessage: what } = SulcusError.from(thrown);
      if (transient) throw thrown;
      findings.add({ kind: code === 'HASH_MISMATCH' ? 'wrong' : 'unreadable', where: 'archive', sampleId, what });
    }
  }
}

/** What is known of the archive and does not fit, once everything has been read. */
export async function compareArchive(context: AuditContext): Promise<void> {
  const { samples, findings, archive, bus, signal } = context;
  if (!archive) return;
  const index = new ArchiveIndex(bus);
  for (let number = 0; number < samples.size; number++) {
    const { known } = samples.at(number);
    const isNoted = (known & Known.INDEX) !== 0;
    const hasObject = (known & Known.OBJECT) !== 0;
    if ((known & (Known.SCANS | Known.WITHDRAWN)) !== 0 || (isNoted && hasObject)) continue;
    const sampleId = samples.identities.beginning(number);
    if (isNoted && !hasObject)
      findings.add({
        kind: 'lost',
        where: 'archive',
        sampleId,
        what: 'the broker notes it as archived, and the archive does not hold it',
      });
    else if (hasObject && !isNoted) {
      // Whoever is killed between the object and the note leaves the scan on SCANS: then it is no finding.
      const found = await findObject(context, sampleId);
      if (!found) continue;
      const { scan, label, scanSequence } = found;
      samples.places.add(scanSequence);
      const { site, studyId, patientId, split, source } = scan;
      findings.add(
        {
          kind: 'unrecorded',
          where: 'archive',
          sampleId: scan.sampleId,
          what: 'it is archived, and the broker has no note of it: sent again, it would be stored twice',
        },
        async () => {
          await index.add(scan.sampleId, { site, studyId, patientId, split, label, source, scanSequence });
          return `noted that ${scan.sampleId} is archived`;
        },
      );
    }
    if (signal.aborted) throw SulcusError.from(signal.reason);
  }
}

/** The object whose identity begins so; undefined when it is damaged, which contents tell. */
async function findObject({ archive, signal }: AuditContext, beginning: string) {
  for await (const { sampleId } of archive!.list(signal, beginning))
    return archive!.load(sampleId, signal).catch(() => undefined);
  return undefined;
}
