import type { ArchiveProgress } from '#libs/contracts';

/** For example `5.2 GB` or `12.4 MB`. */
const size = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;

/** For example `SCANS 5.2 GB of 8.0 GB`. */
const fill = ({ scansBytes, scansMaxBytes }: ArchiveProgress): string =>
  `SCANS ${size(scansBytes)}${scansMaxBytes > 0 ? ` of ${size(scansMaxBytes)}` : ''}`;

/** How full SCANS is, what has left it, and what is wrong, in a line. */
export function describeArchive(progress: ArchiveProgress): string {
  const { state, message, archived, archivedBytes, restored, lost } = progress;
  const counts = [
    `${archived} archived (${size(archivedBytes)})`,
    ...(restored > 0 ? [`${restored} came back`] : []),
    ...(lost > 0 ? [`${lost} LOST`] : []),
  ];
  const trouble = state === 'ready' ? '' : `; ${state === 'unavailable' ? 'NOT ARCHIVING: ' : ''}${message}`;
  return `${fill(progress)}, ${counts.join(', ')}${trouble}`;
}

/** The same in a few words. */
export function describeArchiveInBrief(progress: ArchiveProgress): string {
  const { state, archived } = progress;
  const trouble = state === 'ready' ? '' : state === 'unavailable' ? ' (NOT ARCHIVING)' : ' (no room to be made)';
  return `${fill(progress)} archived ${archived}${trouble}`;
}
