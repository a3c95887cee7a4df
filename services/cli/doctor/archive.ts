import { ArchiveIndex } from '#libs/archive';
import { connectBus, Streams, type StreamStats } from '#libs/bus';
import type { ArchiveProgress } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { describeArchive } from '../shared/describe-archive.js';
import type { Finding } from './finding.js';

const CONNECT_TIMEOUT_MS = 1500;

/** An archiver writes its state every ten seconds: one that is silent for this long does not run. */
const SILENCE_MS = 60_000;

/** Fill of SCANS above which it matters that nothing makes room. */
const WORRYING_FILL = 0.7;

/** How full SCANS is and how the archiver does; undefined for a broker without our streams. */
export async function archiveFinding(url: string): Promise<Finding | undefined> {
  try {
    await using bus = await connectBus({ servers: url, name: 'doctor', connectTimeoutMs: CONNECT_TIMEOUT_MS });
    const stats = await bus.statsOf(Streams.SCANS);
    return findingOf(stats, await new ArchiveIndex(bus).state(), Date.now());
  } catch (error) {
    if (SulcusError.from(error).code === 'NOT_FOUND') return undefined;
    return { topic: 'archive', status: 'warning', text: SulcusError.from(error).rawMessage };
  }
}

function findingOf({ bytes, maxBytes }: StreamStats, said: ArchiveProgress | undefined, nowMs: number): Finding {
  const topic = 'archive';
  const running = said !== undefined && nowMs - said.updatedUnixMs < SILENCE_MS;
  const scansMaxBytes = Math.max(0, maxBytes);
  const counts = said ?? { state: '', message: '', archived: 0, archivedBytes: 0, restored: 0, lost: 0 };
  const current = { updatedUnixMs: 0, ...counts, scansBytes: bytes, scansMaxBytes };
  const facts = { ...current, running };
  if (!running) {
    const text = `${describeArchive({ ...current, state: 'ready' })}; no archiver runs`;
    if (scansMaxBytes === 0 || bytes < WORRYING_FILL * scansMaxBytes) return { topic, status: 'ok', text, facts };
    return { topic, status: 'warning', text, advice: 'start one with `sulcus archiver`: a full SCANS refuses', facts };
  }
  const text = describeArchive(current);
  if (said.state === 'ready' && said.lost === 0) return { topic, status: 'ok', text, facts };
  const advice =
    said.state === 'unavailable'
      ? 'make the archive writable again (SULCUS_ARCHIVE); nothing leaves SCANS meanwhile, and nothing is lost'
      : said.state === 'waiting'
        ? 'start the trainer of the run that is named, or give SCANS more room (SULCUS_STREAM_SCANS_BYTES)'
        : 'send the lost images again; the dead letters name them';
  return { topic, status: 'warning', text, advice, facts };
}
