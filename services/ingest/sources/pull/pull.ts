import pLimit from 'p-limit';
import { mapInOrder, pause } from '#libs/async';
import { SulcusError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import type { Ingestor } from '../../pipeline/ingestor.js';
import type { UploadRoom } from '../grpc/upload-room.js';
import { DicomwebArchive, type ArchivedSeries } from './dicomweb.js';
import { PulledSeries } from './pulled-series.js';
import { isOpen, type PullRule, type PullRules } from './rules.js';

export interface PullContext {
  readonly ingestor: Ingestor;
  readonly room: UploadRoom;
  readonly config: { readonly maxFileBytes: number; readonly dataDir: string };
  readonly log: Logger;
}

/** Objects of a series that are under way at the same time. */
const WINDOW = 4;
const MINUTE_MS = 60_000;
/** A rule whose hours have not come is looked at so often. */
const CLOSED_MS = 30_000;

/**
 * Fetches from archives what rules ask for, until the signal aborts. A series that was fetched whole is remembered; one
 * that broke off is fetched again, and what of it is known already is a duplicate.
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
  const archives = new Map(Object.entries(peers).map(([name, peer]) => [name, new DicomwebArchive(peer)]));
  await Promise.all(
    rules.map(async (rule) => {
      while (!signal.aborted) {
        if (!isOpen(rule, now())) {
          await pause(Math.min(CLOSED_MS, rule.everyMinutes * MINUTE_MS), signal);
          continue;
        }
        await lookOnce(rule, { ...context, archive: archives.get(rule.peer)!, pulled, now }, signal);
        await pause(rule.everyMinutes * MINUTE_MS, signal);
      }
    }),
  );
}

interface LookContext extends PullContext {
  archive: DicomwebArchive;
  pulled: PulledSeries;
  now: () => Date;
}

async function lookOnce(rule: PullRule, context: LookContext, signal: AbortSignal): Promise<void> {
  const { archive, pulled, log, now } = context;
  const counts = { series: 0, objects: 0, failed: 0 };
  const limit = pLimit(rule.atOnce);
  try {
    const due: ArchivedSeries[] = [];
    for await (const series of archive.find(rule, now(), signal)) if (pulled.isDue(series)) due.push(series);
    await Promise.all(
      due.map((series) =>
        limit(async () => {
          // What has begun goes on when the hours are over; nothing else begins.
          if (signal.aborted || !isOpen(rule, now())) return;
          const objects = await fetchSeries(series, context, signal).catch((thrown: unknown) => {
            if (signal.aborted) return undefined;
            const { code, rawMessage: reason } = SulcusError.from(thrown);
            log.warn({ rule: rule.name, code, reason }, 'a series could not be fetched: it is fetched again');
            counts.failed++;
            return undefined;
          });
          if (objects === undefined) return;
          await pulled.add(series, objects);
          counts.series++;
          counts.objects += objects;
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

/** @returns objects that came, whatever became of them @throws when it broke off, or the pipeline took it not */
async function fetchSeries(
  series: ArchivedSeries,
  { archive, ingestor, room, config }: LookContext,
  signal: AbortSignal,
): Promise<number> {
  let objects = 0;
  async function* admitted(): AsyncGenerator<{ bytes: Buffer; release: () => void }> {
    for await (const { bytes } of archive.fetch(series, config.maxFileBytes, signal)) {
      objects++;
      if (bytes) yield { bytes, release: await room.acquire(bytes.length, signal) };
      else await ingestor.reject(SOURCE, tooLarge(config.maxFileBytes), undefined, { signal });
    }
  }
  const settled = mapInOrder(admitted(), WINDOW, ({ bytes, release }) =>
    ingestor.ingestDicom({ bytes, source: SOURCE }, { signal }).finally(release),
  );
  for await (const _ of settled);
  return objects;
}

const SOURCE = 'pulled from an archive';

const tooLarge = (maxFileBytes: number): SulcusError =>
  new SulcusError('IMAGE_TOO_LARGE', `An object has more than ${maxFileBytes} bytes; it is not kept`);
