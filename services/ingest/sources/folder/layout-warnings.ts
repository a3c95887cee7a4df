import path from 'node:path';
import { isPart } from './layout.js';

/**
 * What in a folder's layout is probably not meant as it is read: classes that are called as a part of the data, parts
 * that lie one level deeper, and classes that differ in case alone.
 *
 * @param sources paths of images below the folder
 */
export function layoutWarnings(sources: readonly string[]): string[] {
  const paths = sources.map((source) => source.split(path.sep).slice(0, -1));
  const tops = [...new Set(paths.flatMap(([top]) => top ?? []))].sort();
  const parts = tops.filter(isPart);
  const classes = tops.filter((top) => !isPart(top));
  const warnings: string[] = [];
  if (parts.length > 0 && classes.length > 0)
    warnings.push(
      `the folders ${quoted(parts)} are read as parts of the data set, beside the classes ${quoted(classes)}: ` +
        'rename them if they are classes',
    );
  for (const part of parts) {
    const direct = paths.filter((folders) => folders.length === 1 && folders[0] === part).length;
    if (direct > 0)
      warnings.push(
        `"${part}" is read as a part of the data set: ${direct} images lie in it without a class folder, ` +
          'and have no label',
      );
  }
  const deeper = classes.filter((top) =>
    paths.some(([first, second, third]) => first === top && third !== undefined && isPart(second!)),
  );
  if (deeper.length > 0)
    warnings.push(
      `${quoted(deeper)} ${deeper.length === 1 ? 'is' : 'are'} taken as a class, with folders such as Training: ` +
        'name the folder that holds these',
    );
  return warnings;
}

/** Classes that are the same but for case, blanks, hyphens and underscores. */
export function likeNamedClasses(labels: Iterable<string>): string[] {
  const byPlain = new Map<string, Set<string>>();
  for (const label of labels) {
    const plain = label.toLowerCase().replace(/[\s_-]/g, '');
    byPlain.set(plain, (byPlain.get(plain) ?? new Set()).add(label));
  }
  return [...byPlain.values()]
    .filter((alike) => alike.size > 1)
    .map((alike) => `${quoted([...alike].sort())} are different classes: write them alike if they are one`);
}

/** So many names say enough. */
const MAX_NAMED = 5;

const quoted = (names: readonly string[]): string =>
  names
    .slice(0, MAX_NAMED)
    .map((name) => `"${name}"`)
    .join(', ') + (names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : '');

/** What leaves the site of a warning that names folders: they may be named after patients. */
export const LAYOUT_WARNING = 'The folders of an import are probably meant otherwise: its own output says how';
