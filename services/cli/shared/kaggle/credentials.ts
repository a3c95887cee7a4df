import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { SulcusError } from '#libs/errors';
import type { KaggleConfig } from './environment.js';

export interface KaggleCredentials {
  username: string;
  key: string;
}

const schema = z.object({ username: z.string().min(1), key: z.string().min(1) });

/** Bits of a file's mode that let others than its owner do something with it. */
const OTHERS = 0o077;

const WHERE =
  'make a token on kaggle.com (Settings, API) and put its kaggle.json into ~/.kaggle, or set KAGGLE_USERNAME and ' +
  'KAGGLE_KEY';

/**
 * Finds the credentials where Kaggle's own tools have them: `KAGGLE_USERNAME` and `KAGGLE_KEY`, else `kaggle.json` in
 * `KAGGLE_CONFIG_DIR` or `~/.kaggle`, which nobody else may read.
 *
 * @throws INVALID_CONFIG saying what to do
 */
export async function kaggleCredentials(config: Omit<KaggleConfig, 'apiUrl'>): Promise<KaggleCredentials> {
  const { username, key, configFolder } = config;
  if (username !== undefined && key !== undefined) return { username, key: key.reveal() };
  const file = path.join(configFolder ?? path.join(homedir(), '.kaggle'), 'kaggle.json');
  const stats = await stat(file).catch(() => undefined);
  if (!stats) throw new SulcusError('INVALID_CONFIG', `There are no credentials for Kaggle: ${WHERE}`);
  if ((stats.mode & OTHERS) !== 0)
    throw new SulcusError('INVALID_CONFIG', `${file} can be read by others (mode ${octal(stats.mode)}): chmod 600 it`);
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new SulcusError('INVALID_CONFIG', `${file} cannot be read: ${error.message}`, { cause: error });
  });
  return parse(text, file);
}

/** Nothing of the text gets into a message: it is a secret. */
function parse(text: string, file: string): KaggleCredentials {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new SulcusError('INVALID_CONFIG', `${file} is no {"username": …, "key": …}: ${WHERE}`);
  }
}

const octal = (mode: number): string => (mode & 0o777).toString(8);
