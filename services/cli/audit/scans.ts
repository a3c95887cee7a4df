import { HeaderName, readScanHeaders, siteOfScan, Streams, subjects, type Followed } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { createHash } from 'node:crypto';
import type { AuditContext } from './context.js';
import { Known } from './known-samples.js';

/** What is on SCANS. */
export interface ScansFound {
  /** Newest sequence that was ever given: so many scans were accepted, comings-back included. */
  lastSequence: number;
}

/**
 * Reads SCANS from a sequence to its end: each message is a scan, lies under its own name, once, and (when contents are
 * read) holds the image that it is named by.
 */
export async function auditScans(context: AuditContext, from = 1): Promise<ScansFound> {
  const { bus, samples, readsContents, signal } = context;
  const { lastSequence } = await bus.statsOf(Streams.SCANS);
  if (lastSequence < from) return { lastSequence };
  const codec = readsContents ? { codec: codecs.Scan } : { headersOnly: true };
  let last = lastSequence;
  for await (const scan of bus.follow({
    stream: Streams.SCANS,
    startSequence: from,
    storedOnly: true,
    signal,
    ...codec,
  })) {
    last = Math.max(last, scan.sequence);
    samples.places.add(scan.sequence);
    await auditScan(context, scan);
  }
  return { lastSequence: last };
}

async function auditScan(
  context: AuditContext,
  { sequence, subject, headers, message, error }: Followed<{ sampleId: string }>,
): Promise<void> {
  const { samples, findings, readsContents } = context;
  const where = `${Streams.SCANS}/${sequence}`;
  const schema = headers.get(HeaderName.SCHEMA);
  const { sampleId, studyId, split, label, earlierSequences = [] } = readScanHeaders(headers);
  for (const earlier of earlierSequences) samples.places.add(earlier);
  if (schema !== codecs.Scan.typeName || sampleId === '') {
    findings.add({
      kind: 'unreadable',
      where,
      what: `it is no scan (schema ${schema ?? 'missing'}): nobody learns it`,
    });
    return;
  }
  if (subject !== subjects.scan(siteOfScan(subject), sampleId))
    findings.add({ kind: 'wrong', where, sampleId, what: `it lies under ${subject}, which names another sample` });
  const { number, before } = samples.mark(sampleId, Known.SCANS);
  const known = samples.at(number);
  if (before & Known.SCANS && known.sequence !== 0 && known.sequence !== sequence)
    await auditSecond(context, known.sequence, { sequence, subject, sampleId });
  const { given } = context;
  if (given.samples.find(sampleId) !== undefined || (studyId !== '' && given.studies.find(studyId) !== undefined))
    samples.mark(sampleId, Known.RELABELLED);
  samples.describe(number, { sequence, split, label });
  if (!readsContents) return;
  if (error || !message) {
    const { code, rawMessage } = SulcusError.from(error);
    findings.add({ kind: code === 'HASH_MISMATCH' ? 'wrong' : 'unreadable', where, sampleId, what: rawMessage });
    return;
  }
  await auditImage(context, where, sampleId, message as never);
}

/** The same image of two sites is two scans; of one site it is one. */
async function auditSecond(
  { bus, findings }: AuditContext,
  first: number,
  second: { sequence: number; subject: string; sampleId: string },
): Promise<void> {
  const other = await bus.get(Streams.SCANS, first, codecs.Scan).catch(() => undefined);
  if (other?.subject !== second.subject) return;
  findings.add({
    kind: 'doubled',
    where: `${Streams.SCANS}/${second.sequence}`,
    sampleId: second.sampleId,
    what: `the sample lies at ${first} too`,
  });
}

async function auditImage(
  { bus, findings, signal }: AuditContext,
  where: string,
  sampleId: string,
  scan: ReturnType<typeof codecs.Scan.decode>,
): Promise<void> {
  try {
    if (scan.sampleId !== sampleId)
      throw new SulcusError('HASH_MISMATCH', `it holds ${scan.sampleId}, its header says ${sampleId}`);
    if (!scan.image) throw new SulcusError('MESSAGE_INVALID', 'it holds no image');
    const bytes = await bus.fromPayload(scan.image, { signal });
    const actual = createHash('sha256').update(bytes).digest('hex');
    if (actual !== sampleId) throw new SulcusError('HASH_MISMATCH', `its image has the hash ${actual}`);
  } catch (thrown) {
    const { code, rawMessage: what, transient } = SulcusError.from(thrown);
    if (transient || code === 'CANCELLED') throw thrown;
    const kind = code === 'NOT_FOUND' ? 'lost' : code === 'HASH_MISMATCH' ? 'wrong' : 'unreadable';
    findings.add({ kind, where, sampleId, what });
  }
}
