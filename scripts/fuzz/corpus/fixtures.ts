import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

const FIXTURES = path.resolve(import.meta.dirname, '../../../test/fixtures');
/** Larger files make few inputs a second and find no more. */
const MAX_BYTES = 64 * 1024;

/** Small files below a folder of `test/fixtures` whose names end in one of these, in the order of their names. */
export async function fixtures(folder: string, ...endings: readonly string[]): Promise<Buffer[]> {
  const entries = await readdir(path.join(FIXTURES, folder), { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
  const contents = await Promise.all(files.map((file) => readFile(file)));
  return contents.filter(({ length }) => length <= MAX_BYTES);
}
