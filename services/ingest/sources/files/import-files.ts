import { mapInOrder, Sequencer } from '#libs/async';
import { SulcusError } from '#libs/errors';
import { createRandom } from '#libs/random';
import type { IngestCounts, IngestEvents } from '../../events.js';
import { LAYOUT_WARNING, layoutWarnings, likeNamedClasses } from '../folder/layout-warnings.js';
import { ingestFile, type FileItem, type FileOutcome } from './ingest-file.js';
import { listData, type ListOptions } from './list-data.js';
import type { Ingestor } from '../../pipeline/ingestor.js';
import { cleanLabel } from '../../pipeline/labels.js';
import { warningOfSplits } from '../../pipeline/splits.js';

/** Files read and not yet stored, at most. */
const FILE_WINDOW = 32;

export interface ImportContext {
  readonly ingestor: Ingestor;
  readonly events: IngestEvents;
  readonly maxFileBytes: number;
}

/** The signal ends the import; what is stored stays stored, and importing again goes on where it stopped. */
export interface ImportOptions extends ListOptions {
  /** Something an operator should know, in one line. */
  onWarning?: (line: string) => void;
  /** What became of each image, in order. */
  onOutcome?: (outcome: FileOutcome, counts: Readonly<IngestCounts>, total: number) => void;
  /**
   * 'mixed' (default) sends the images in a fixed shuffled order, so that learning from the stream sees all classes
   * from the start; 'sorted' sends them by path, or as the manifest lists them.
   */
  order?: 'mixed' | 'sorted';
}

/**
 * Imports a folder, with manifests or without, or, for a path that ends in `.csv`, a manifest.
 *
 * @throws INVALID_ARGUMENT naming every mistake of a manifest with its line, and for a folder without images; nothing
 * is imported then
 */
export async function importPath(
  context: ImportContext,
  target: string,
  options: ImportOptions = {},
): Promise<IngestCounts> {
  const items = await listData(target, options);
  if (items.length === 0)
    throw new SulcusError(
      'INVALID_ARGUMENT',
      `There are no images in ${target}: expected <class>/<image> or Training/<class>/<image>`,
    );
  return importFiles(context, items, target, options);
}

async function importFiles(
  { ingestor, events, maxFileBytes }: ImportContext,
  items: FileItem[],
  target: string,
  options: ImportOptions,
): Promise<IngestCounts> {
  const warn = (line: string, publicLine = line): void => {
    events.state('busy', publicLine);
    options.onWarning?.(line);
  };
  warnOfClasses(items, target, warn);
  // Where manifests give the labels, folders say nothing.
  const inFolders = items.filter(({ label, isLabelFromFolder }) => label === undefined || isLabelFromFolder);
  for (const line of layoutWarnings(inFolders.map(({ source }) => source))) warn(`${target}: ${line}`, LAYOUT_WARNING);
  const warning = warningOfSplits(ingestor.splitBy);
  if (warning !== undefined) warn(warning);
  if (options.order !== 'sorted') createRandom('import order').shuffle(items);
  const sequencer = new Sequencer();
  const settled = mapInOrder(each(items, options.signal), FILE_WINDOW, (item) =>
    ingestFile(ingestor, item, maxFileBytes, { signal: options.signal, ticket: sequencer.next() }),
  );
  let done = false;
  try {
    for await (const outcome of settled) options.onOutcome?.(outcome, events.counts, items.length);
    done = true;
  } finally {
    await events.finish({ done });
  }
  return events.counts;
}

async function* each<T>(items: readonly T[], signal?: AbortSignal): AsyncGenerator<T, void, undefined> {
  for (const item of items) {
    signal?.throwIfAborted();
    yield item;
  }
}

/** A classifier needs two classes at least; the images are taken in all the same, for more may follow. */
function warnOfClasses(
  items: readonly FileItem[],
  target: string,
  warn: (line: string, publicLine: string) => void,
): void {
  const classes = new Set(items.flatMap(({ label }) => (label && safeLabel(label)) || []));
  for (const line of likeNamedClasses(classes)) warn(`${target}: ${line}`, LAYOUT_WARNING);
  if (classes.size >= 2) return;
  const found = classes.size === 0 ? 'no class' : `only one class ("${[...classes][0]}")`;
  // Of DICOM the folders may be named after patients: their names stay here.
  const publicly = classes.size === 0 ? 'no class' : 'only one class';
  const rest = 'the images are taken in, and a training that knows no second class waits for one';
  warn(`${target} has ${found}: ${rest}`, `An import has ${publicly}: ${rest}`);
}

function safeLabel(label: string): string {
  try {
    return cleanLabel(label);
  } catch {
    return '';
  }
}
