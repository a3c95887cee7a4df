import { SulcusError } from '#libs/errors';
import { parseCommandLine } from '#libs/service';
import {
  configOption,
  enterConfigFile,
  readConfig,
  readStatus,
  STATUS_SILENCE_MS,
  type EdgeStatus,
} from '#services/edge';
import { jsonOption } from '../../shared/options.js';

const OPTIONS = { ...configOption, json: jsonOption('write the status as JSON') } as const;

/** `sulcus edge status`: what an edge says of itself. Exit code 1 when somebody should look at it. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = `Tells what waits in the spool and since when, how the link to the core is, and what became of \
the samples. Ends with 1 when the edge does not run, its link is not up, or samples were refused.`;
  const parsed = parseCommandLine({ name: 'sulcus edge status', description, options: OPTIONS }, argv);
  if (!parsed) return;
  enterConfigFile(parsed.options.config);
  const { dataDir } = readConfig();
  const status = await readStatus(dataDir);
  if (!status) throw new SulcusError('NOT_FOUND', `No edge has run with ${dataDir}: start it with sulcus edge`);
  const troubles = troublesOf(status);
  if (parsed.options.json) process.stdout.write(`${JSON.stringify({ ...status, troubles })}\n`);
  else for (const line of linesOf(status, troubles)) process.stdout.write(`${line}\n`);
  if (troubles.length > 0) process.exitCode = 1;
}

const isRunning = ({ updatedUnixMs }: EdgeStatus): boolean => Date.now() - updatedUnixMs < STATUS_SILENCE_MS;

function troublesOf(status: EdgeStatus): string[] {
  const { link, spool, forwarded } = status;
  if (!isRunning(status)) return [`it has said nothing for ${span(Date.now() - status.updatedUnixMs)}: is it running?`];
  const left = Math.min(spool.maxBytes - spool.bytes, spool.freeBytes);
  return [
    ...(link.state === 'up' ? [] : [`the link is ${link.state}: ${link.reason || 'no answer yet'}`]),
    ...(spool.refused > 0 ? [`${spool.refused} samples cannot be sent: look into spool/refused`] : []),
    ...(forwarded.damaged > 0 ? [`the disk has changed ${forwarded.damaged} files`] : []),
    ...(left < 0.05 * spool.maxBytes ? [`there is room for ${size(Math.max(0, left))} more`] : []),
  ];
}

function linesOf(status: EdgeStatus, troubles: readonly string[]): string[] {
  const {
    site,
    core,
    link,
    spool,
    doors,
    reasons = {},
    dicom,
    forwarded,
    lastAckUnixMs,
    rssBytes,
    startedUnixMs,
    updatedUnixMs,
  } = status;
  const now = Date.now();
  const since = (unixMs: number): string => span(now - unixMs);
  const acked = lastAckUnixMs === undefined ? 'nothing sent yet' : `last acknowledgement ${since(lastAckUnixMs)} ago`;
  const oldest = spool.oldestUnixMs === undefined ? '' : `, the oldest for ${since(spool.oldestUnixMs)}`;
  return [
    `edge   ${site}, up for ${span(updatedUnixMs - startedUnixMs)}, ${size(rssBytes)} of memory`,
    `link   ${core} is ${link.state}, for ${since(link.sinceUnixMs)}; ${acked}`,
    `spool  ${spool.samples} samples wait${oldest}; ${size(spool.bytes)} of ${size(spool.maxBytes)}, ` +
      `${size(spool.freeBytes)} free on the disk`,
    `doors  ${doors.offered} offered: ${doors.ingested} taken in, ${doors.duplicates} known, ` +
      `${doors.filtered} not wanted, ${doors.rejected} refused (${doors.quarantined} in the quarantine)`,
    ...(Object.keys(reasons).length > 0 ? [`       not taken in: ${counted(reasons)}`] : []),
    ...(dicom
      ? [`dicom  ${dicom.associations} associations open; ${counted(dicom.noticed) || 'nothing noticed'}`]
      : []),
    `core   ${forwarded.stored} stored, ${forwarded.duplicates} known, ${forwarded.refused} refused, ` +
      `${forwarded.withdrawn} withdrawn; ${size(forwarded.bytes)}`,
    ...troubles.map((trouble) => `!      ${trouble}`),
  ];
}

/** For example `3 localizer, 1 IMAGE_TRUNCATED`. */
const counted = (counts: Readonly<Partial<Record<string, number>>>): string =>
  Object.entries(counts)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ');

/** For example `12 s`, `3 min`, `5 h` or `2 days`. */
function span(timeMs: number): string {
  const seconds = Math.max(0, timeMs) / 1000;
  if (seconds < 120) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}

const size = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
