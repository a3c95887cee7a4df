import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { archiveEnvironment, openObjectStore, SampleArchive, type SampleToArchive } from '#libs/archive';
import { choice, optional, text } from '#libs/config';
import { splitName } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { runsFolder } from '../../shared/paths.js';

const [addressVariable] = archiveEnvironment.archive;
const [endpointVariable, endpoint] = archiveEnvironment.archiveEndpoint;

/** Where the archive is. */
export const placeOptions = {
  archive: [
    '--archive <place>',
    optional(text({ description: "a folder, or s3://bucket/prefix; else that of this machine's newest run" })),
    { variable: addressVariable },
  ],
  endpoint: ['--endpoint <url>', endpoint, { variable: endpointVariable }],
} as const;

/** Which samples are meant. */
export const filterOptions = {
  label: ['--label <name>', optional(text({ description: 'only samples with this label' }))],
  split: [
    '--split <name>',
    optional(choice(['train', 'validation', 'gate', 'test'], { description: 'only samples of that split' })),
  ],
} as const;

/** @throws INVALID_CONFIG for an address that is none, a folder that is not there, and without any */
export async function openArchive(place: { archive?: string; endpoint?: string }): Promise<SampleArchive> {
  const { archive } = place;
  // A mistyped folder would pass for an archive that is empty.
  if (archive !== undefined && !archive.includes('://') && !existsSync(archive))
    throw new SulcusError('INVALID_CONFIG', `There is no archive at ${archive}: name its folder with --archive`);
  return new SampleArchive(await openObjectStore(place.archive ?? newestRunsArchive(), place.endpoint));
}

function newestRunsArchive(): string {
  const folder = path.join(runsFolder(), 'latest', 'archive');
  if (existsSync(folder)) return realpathSync(folder);
  throw new SulcusError(
    'INVALID_CONFIG',
    `--archive is not given, SULCUS_ARCHIVE is not set, and the newest run has archived nothing in ${folder}`,
  );
}

/** Whether a sample is one of those that the options name. */
export const isMeant = ({ scan, label }: SampleToArchive, wanted: { label?: string; split?: string }): boolean =>
  (wanted.label === undefined || label === wanted.label) &&
  (wanted.split === undefined || splitName(scan.split) === wanted.split);

/**
 * A sample of the archive; what is missing or damaged says so instead.
 *
 * @throws SERVICE_UNAVAILABLE
 */
export async function loadSample(archive: SampleArchive, sampleId: string): Promise<SampleToArchive | SulcusError> {
  try {
    const sample = await archive.load(sampleId);
    return sample ?? new SulcusError('NOT_FOUND', `${sampleId} is not in the archive (${archive.description})`);
  } catch (thrown) {
    const error = SulcusError.from(thrown);
    if (error.transient || error.code === 'INVALID_CONFIG') throw error;
    return error;
  }
}
