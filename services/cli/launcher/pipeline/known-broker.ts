import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { brokersFolder } from '../../shared/paths.js';

/** Says where the keys of a broker of this machine are, so that commands beside it need not be told. */
export function tellKeys(port: number, keysFolder: string): () => void {
  const link = path.join(brokersFolder(), String(port));
  const forget = (): void => rmSync(link, { force: true, recursive: true });
  try {
    mkdirSync(brokersFolder(), { recursive: true, mode: 0o700 });
    forget();
    symlinkSync(keysFolder, link);
  } catch {
    // A file system without links: commands are told by SULCUS_NATS_NKEY_FILE.
  }
  return forget;
}
