import { randomBytes } from 'node:crypto';
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Secret } from '#libs/config';
import { makeFolderDurably, syncFolder } from '#libs/durable-files';
import { SulcusError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';

const KEY_BYTES = 32;

/**
 * The site's pseudonym key: the one given, else the one in `<dataDir>/keys/pseudonym.key`, which is made when missing.
 * Whoever loses that file gives every known patient a new pseudonym, so making one is said aloud.
 *
 * @throws INVALID_CONFIG when the file holds no key or cannot be made
 */
export async function loadPseudonymKey(given: Secret | undefined, dataDir: string, log: Logger): Promise<Buffer> {
  if (given) return Buffer.from(given.reveal());
  const file = path.join(dataDir, 'keys', 'pseudonym.key');
  const kept = await readKey(file, log);
  if (kept) return kept;
  try {
    await createKey(file);
  } catch (error) {
    throw new SulcusError(
      'INVALID_CONFIG',
      `Cannot keep a pseudonym key in ${file}: ` +
        `set SULCUS_DATA_DIR to a writable folder, or SULCUS_PSEUDONYM_KEY (${(error as Error).message})`,
      { cause: error },
    );
  }
  log.warn({ file }, 'made a new pseudonym key: back it up, pseudonyms cannot be made again without it');
  return (await readKey(file, log))!;
}

async function readKey(file: string, log: Logger): Promise<Buffer | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new SulcusError('INVALID_CONFIG', `Cannot read the pseudonym key ${file}: ${error.message}`, {
      cause: error,
    });
  });
  if (text === undefined) return undefined;
  const key = Buffer.from(text.trim(), 'hex');
  if (key.length !== KEY_BYTES)
    throw new SulcusError(
      'INVALID_CONFIG',
      `${file} holds no pseudonym key (expected ${2 * KEY_BYTES} hexadecimal digits): restore it from a backup`,
    );
  const { mode } = await stat(file);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    log.warn({ file }, 'others may read the pseudonym key: chmod 600 it');
  return key;
}

/** Appears whole or not at all, and never replaces one: two services may start at the same moment. */
async function createKey(file: string): Promise<void> {
  await makeFolderDurably(path.dirname(file));
  const draft = `${file}.${randomBytes(6).toString('hex')}.draft`;
  await writeFile(draft, `${randomBytes(KEY_BYTES).toString('hex')}\n`, { mode: 0o600, flush: true });
  try {
    await link(draft, file);
    // What is pseudonymised with a key that a power loss took belongs to nothing any more.
    await syncFolder(path.dirname(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
}
