import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { SulcusError } from '#libs/errors';

/** PEM files of one end of a connection. */
export interface TlsFiles {
  /** Own certificate, with those between it and its authority. */
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  /** Authorities that the other end's certificate must come from. */
  readonly authorities?: string | undefined;
}

/** What the files hold. */
export interface TlsMaterial {
  readonly certificate?: Buffer | undefined;
  readonly key?: Buffer | undefined;
  readonly authorities?: Buffer | undefined;
}

/** Files are looked at this often: certificates are renewed days before they end. */
const LOOK_EVERY_MS = 5000;

/**
 * Reads the files, and tries whether they fit each other.
 *
 * @throws INVALID_CONFIG naming the file
 */
export function readTlsFiles({ certificate, key, authorities }: TlsFiles): TlsMaterial {
  if ((certificate === undefined) !== (key === undefined))
    throw new SulcusError('INVALID_CONFIG', 'A certificate needs its key and a key its certificate: set both or none');
  const material = { certificate: read(certificate), key: read(key), authorities: read(authorities) };
  try {
    createSecureContext({ cert: material.certificate, key: material.key, ca: material.authorities });
  } catch (error) {
    const files = [certificate, key, authorities].filter((file) => file !== undefined).join(', ');
    throw new SulcusError('INVALID_CONFIG', `${files} cannot be used for TLS: ${(error as Error).message}`);
  }
  return material;
}

/**
 * Tells of new files until the signal aborts. Files that do not fit each other, as when only one of them has been
 * replaced yet, change nothing; that is told once.
 */
export function watchTlsFiles(
  files: TlsFiles,
  {
    onChange,
    onMistake,
    signal,
    everyMs = LOOK_EVERY_MS,
  }: {
    onChange: (material: TlsMaterial) => void;
    onMistake: (error: SulcusError) => void;
    signal: AbortSignal;
    everyMs?: number;
  },
): void {
  let seen = stampOf(files);
  const look = (): void => {
    const stamp = stampOf(files);
    if (stamp === seen) return;
    seen = stamp;
    try {
      onChange(readTlsFiles(files));
    } catch (error) {
      onMistake(SulcusError.from(error));
    }
  };
  const timer = setInterval(look, everyMs).unref();
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}

function read(file: string | undefined): Buffer | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file);
  } catch (error) {
    throw new SulcusError('INVALID_CONFIG', `${file} cannot be read: ${(error as Error).message}`);
  }
}

/** Changes when one of the files does; a file that is away for a moment is another stamp. */
const stampOf = (files: TlsFiles): string =>
  [files.certificate, files.key, files.authorities]
    .map((file) => {
      const stat = file === undefined ? undefined : statSync(file, { throwIfNoEntry: false });
      return stat ? `${stat.mtimeMs}:${stat.size}:${stat.ino}` : '';
    })
    .join('|');
