import { busEnvironment } from '#libs/bus';
import { existingPath, flag, list, optional, text, type Variable } from '#libs/config';
import { SulcusError } from '#libs/errors';
import { isBucket } from './bucket/fetch-bucket.js';
import { isKaggle } from './kaggle/fetch-dataset.js';

const [natsVariable, natsServers] = busEnvironment.natsUrl;

/** Where the broker is. */
export const natsOption = ['--nats <url>', natsServers, { variable: natsVariable }] as const;

/** The same for commands that do something else when nobody says where. */
export const optionalNatsOption = (description: string) =>
  ['--nats <url>', optional(text({ description })), { variable: natsVariable }] as const;

/** Where the predictor is: the variable and default of the service's own configuration. */
export const predictorOption = [
  '--address <host:port>',
  text({ default: '127.0.0.1:7002', description: 'predictor to ask' }),
  { variable: 'SULCUS_PREDICTOR_ADDRESS' },
] as const;

/** Images to learn from or to measure on. */
export const dataSource = (description: string): Variable<string> => {
  const file = existingPath({
    description: `${description}; kaggle:owner/name is downloaded, s3://bucket/prefix copied first`,
  });
  return { ...file, parse: (value) => (isKaggle(value) || isBucket(value) ? value : file.parse(value)) };
};

/** How a manifest's columns are called. */
export const columnsOption = [
  '--columns <list>',
  optional(
    list({
      description:
        "names of a manifest's columns where they are not path, label, …: path=file,label=class; numbers are places, " +
        'from 0, in a manifest without names',
    }),
  ),
] as const;

/** For programs that read what a command finds. @param description what is written */
export const jsonOption = (description = 'write JSON instead of a table') =>
  ['--json', flag({ default: false, description })] as const;

/** Where a command writes: a file or folder, as `what` says. */
export const outputOption = (what: '<file>' | '<folder>' | '<path>', description: string) =>
  [`--output ${what}`, optional(text({ description })), { alias: '--out' }] as const;

/** How a list is written. */
export type OutputFormat = 'table' | 'csv' | 'json';

/** @throws INVALID_CONFIG when both are asked for */
export function formatOf({ json, csv }: { json: boolean; csv: boolean }): OutputFormat {
  if (json && csv) throw new SulcusError('INVALID_CONFIG', '--json and --csv exclude each other');
  return json ? 'json' : csv ? 'csv' : 'table';
}
