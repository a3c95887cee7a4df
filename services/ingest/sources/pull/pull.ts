import pLimit from 'p-limit';
import { pause } from '#libs/async';
import { SulcusError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import type { Ingestor } from '../../pipeline/ingestor.js';
import type { UploadRoom } from '../grpc/upload-room.js';
import type { Archive, ArchivedSeries, PulledObjects } from './archive.js';
import { DicomArchive } from './dicom-archive.js';
import { DicomwebArchive } from './dicomweb.js';
import { FailedSeries } from './failed-series.js';
import { PulledSeries } from './pulled-series.js';
import { isDicomPeer, isDicomweb, isOpen, type PullPeer, type PullRule, type PullRules } from './rules.js';

export interface PullContext {
  readonly ingestor: Ingestor;
  readonly room: UploadRoom;
  readonly config: { readonly maxFileBytes: number; readonly dataDir: string; readonly dicomTitle: string };
  readonly log: Logger;
}

const MINUTE_MS = 60_000;
/** A rule whose hours have not come is looked at so often. */
const CLOSED_MS = 30_000;

/**
 * Fetches from archives what rules ask for, until the signal aborts. A series that was fetched whole is remembered; one
 * that broke off is fetched again, at the next look and then ever more rarely, and what of it is known already is a
 * duplicate.
 *
 * @param now the clock that hours and dates are read from
 */
export async function pull(
  { peers, rules }: PullRules,
  context: PullContext,
  signal: AbortSignal,
  now: () => Date = () => new Date(),
): Promise<void> {
  const pulled = await PulledSeries.open(context.config.dataDir);
  const archives = new Map(Object.entries(peers).map(([name, peer]) => [name, archiveOf(peer, context)]));
  const failed = new FailedSeries();
  await Promise.all(
    rules.map(async (rule) => {
      while (!signal.aborted) {
        if (!isOpen(rule, now())) {
          await pause(Math.min(CLOSED_MS, rule.everyMinutes * MINUTE_MS), signal);
          continue;
        }
        await lookOnce(rule, { ...context, archive: archives.get(rule.peer)!, pulled, failed, now }, signal);
        await pause(rule.everyMinutes * MINUTE_MS, signal);
      }
    }),
  );
}

/** The schema of the rules demands one of the two. */
function archiveOf(peer: PullPeer, { config }: PullContext): Archive {
  if (isDicomweb(peer)) return new DicomwebArchive(peer);
  if (isDicomPeer(peer)) return new DicomArchive(peer, config.dicomTitle);
  throw new SulcusError('INTERNAL', 'A peer of the rules has no address');
}

interface LookContext extends PullContext {
  archive: Archive;
  pulled: PulledSeries;
  failed: FailedSeries;
  now: () => Date;
}

async function lookOnce(rule: PullRule, context: LookContext, signal: AbortSignal): Promise<void> {
  const { archive, pulled, failed, log, now } = context;
  const counts = { series: 0, objects: 0, failed: 0 };
  const limit = pLimit(rule.atOnce);
  try {
    const due: ArchivedSeries[] = [];
    for await (const series of archive.find(rule, now(), signal))
      if (pulled.isDue(series) && failed.mayTry(series, now().getTime())) due.push(series);
    await Promise.all(
      due.map((series) =>
        limit(async () => {
          // What has begun goes on when the hours are over; nothing else begins.
          if (signal.aborted || !isOpen(rule, now())) return;
          try {
            const objects = await archive.fetch(series, objectsFor(context, signal), signal);
            await pulled.add(series, objects);
            failed.forget(series);
            counts.series++;
            counts.objects += objects;
          } catch (thrown) {
            if (signal.aborted) return;
            const { code, rawMessage: reason } = SulcusError.from(thrown);
            log.warn({ rule: rule.name, code, reason }, 'a series could not be fetched: it is fetched again');
            failed.note(series, now().getTime(), rule.everyMinutes * MINUTE_MS);
            counts.failed++;
          }
        }),
      ),
    );
    if (counts.series + counts.failed > 0) log.info({ rule: rule.name, ...counts }, 'pulled');
  } catch (thrown) {
    if (signal.aborted) return;
    const { code, rawMessage: reason } = SulcusError.from(thrown);
    log.warn({ rule: rule.name, code, reason }, 'an archive could not be asked: it is asked again');
  }
}

/** Where what an archive sends goes: the pipeline, as far as there is room. */
const objectsFor = ({ ingestor, room, config }: LookContext, signal: AbortSignal): PulledObjects => ({
  maxObjectBytes: config.maxFileBytes,
  take: async (bytes, said) => {
    const release = await room.acquire(bytes.length, signal);
    return await ingestor.ingestDicom({ bytes, source: SOURCE }, { signal }, said).finally(release);
  },
  tooLong: async () => void (await ingestor.reject(SOURCE, tooLarge(config.maxFileBytes), undefined, { signal })),
  known: (sopInstanceUids) => ingestor.known(sopInstanceUids),
});

const SOURCE = 'pulled from an archive';

const tooLarge = (maxFileBytes: number): SulcusError =>
  new SulcusError('IMAGE_TOO_LARGE', `An object has more than ${maxFileBytes} bytes; it is not kept`);
