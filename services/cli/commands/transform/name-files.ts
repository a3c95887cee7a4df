import path from 'node:path';
import { SulcusError } from '#libs/errors';
import { FORMAT_EXTENSIONS } from '#libs/imaging';
import type { listData } from '#services/ingest';

type FileItem = Awaited<ReturnType<typeof listData>>[number];

/** How images are stored: `png` is lossless; `original` keeps JPEGs as JPEGs and makes PNGs of the others. */
export type StoredFormat = 'png' | 'original';

/** An image file with the place of what is made of it. */
export interface FileToStore extends FileItem {
  /** Below the output folder. */
  readonly target: string;
  /** Why it has no place. */
  readonly problem?: SulcusError;
}

const JPEG_NAMES: ReadonlySet<string> = new Set(FORMAT_EXTENSIONS.jpeg.map((extension) => `.${extension}`));

/**
 * Where the results of images go: the same folders, the same names. Where the format changes, so does the ending; two
 * files that would get one name keep their endings before the new one.
 */
export function nameFiles(items: readonly FileItem[], format: StoredFormat): FileToStore[] {
  const named = items.map((item) => ({ item, target: withEnding(item.source, format) }));
  const count = new Map<string, number>();
  for (const { target } of named) count.set(target, (count.get(target) ?? 0) + 1);
  return named.map(({ item, target }) => ({
    ...item,
    target: count.get(target) === 1 || target === item.source ? target : `${item.source}.png`,
    ...(isInside(item.source) ? {} : { problem: outside(item.source) }),
  }));
}

function withEnding(source: string, format: StoredFormat): string {
  const { dir, name, ext } = path.parse(source);
  const ending = ext.toLowerCase();
  const stays = ending === '.png' || (format === 'original' && JPEG_NAMES.has(ending));
  return stays ? source : path.join(dir, `${name}.png`);
}

const isInside = (source: string): boolean =>
  !path.isAbsolute(source) && !path.normalize(source).split(path.sep).includes('..');

const outside = (source: string): SulcusError =>
  new SulcusError(
    'INVALID_ARGUMENT',
    `${source} lies outside of the folder of the manifest: it has no place in another`,
  );
