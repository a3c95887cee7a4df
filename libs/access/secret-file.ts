import { readFileSync } from 'node:fs';
import { SulcusError } from '#libs/errors';

/** Largest secret. */
const MAX_BYTES = 64 * 1024;

/**
 * A secret of a file, without the blanks and line breaks around it.
 *
 * @throws INVALID_CONFIG naming the file, never what is in it
 */
export function readSecretFile(file: string): string {
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch (error) {
    throw new SulcusError(
      'INVALID_CONFIG',
      `${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'error'}`,
    );
  }
  const secret = content.toString('utf8').trim();
  if (secret === '' || content.length > MAX_BYTES)
    throw new SulcusError('INVALID_CONFIG', `${file}: expected a secret of 1 to ${MAX_BYTES} bytes`);
  return secret;
}
