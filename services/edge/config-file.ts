import path from 'node:path';
import { existingPath, optional } from '#libs/config';
import { SulcusError } from '#libs/errors';

/** Of every command of an edge. */
export const configOption = {
  config: [
    '--config <file>',
    optional(
      existingPath({ description: 'lines of NAME=value; paths in it are relative to its folder, where data lie too' }),
    ),
    { variable: 'SULCUS_EDGE_CONFIG' },
  ],
} as const;

/**
 * Works from the folder of a configuration file, with its variables; one that is set already has the last word.
 *
 * @throws INVALID_CONFIG for a file that cannot be read
 */
export function enterConfigFile(file: string | undefined): void {
  if (file === undefined) return;
  try {
    process.loadEnvFile(file);
    process.chdir(path.dirname(path.resolve(file)));
  } catch (error) {
    throw new SulcusError('INVALID_CONFIG', `${file} cannot be used: ${(error as Error).message}`, { cause: error });
  }
}
