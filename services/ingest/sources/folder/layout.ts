import path from 'node:path';
import { Split } from '#libs/contracts';
import { IMAGE_EXTENSIONS } from '#libs/imaging';
import { TRAINING_SPLITS, type AssignedSplit } from '../../pipeline/splits.js';

/** What the place of a file says about it. */
export interface FilePlace {
  /** Class folder; absent for files that lie above one. */
  label?: string;
  /** True with a label: for DICOM, folders may be named after patients. */
  isLabelFromFolder?: boolean;
  splits?: readonly AssignedSplit[];
}

/**
 * Folder names that stand for a part of the data, as public data sets are laid out. What is to be trained on is divided
 * further by the keyed hash; what is set apart for testing stays apart.
 */
const PARTS: ReadonlyMap<string, readonly AssignedSplit[]> = new Map(
  Object.entries<readonly AssignedSplit[]>({
    training: TRAINING_SPLITS,
    train: TRAINING_SPLITS,
    validation: [Split.SPLIT_VALIDATION],
    val: [Split.SPLIT_VALIDATION],
    gate: [Split.SPLIT_GATE],
    testing: [Split.SPLIT_TEST],
    test: [Split.SPLIT_TEST],
  }),
);

/**
 * Reads the ImageFolder layout: `<class>/…/file` or `Training|Validation|Gate|Testing/<class>/…/file`.
 *
 * @param relativePath path below the imported folder
 */
export function placeOf(relativePath: string): FilePlace {
  const folders = relativePath.split(path.sep).slice(0, -1);
  const splits = splitsOfPart(folders[0] ?? '');
  const label = splits ? folders[1] : folders[0];
  return { ...(label === undefined ? {} : { label, isLabelFromFolder: true }), ...(splits ? { splits } : {}) };
}

/** The splits that a part's name stands for, such as Training; undefined where it stands for none. */
export const splitsOfPart = (name: string): readonly AssignedSplit[] | undefined => PARTS.get(name.toLowerCase());

/** Whether a folder's name stands for a part of the data. */
export const isPart = (name: string): boolean => splitsOfPart(name) !== undefined;

/** Left behind by operating systems, storage servers and archives. */
const CLUTTER: ReadonlySet<string> = new Set([
  ...['thumbs.db', 'ehthumbs.db', 'desktop.ini', 'icon\r', '__macosx', 'network trash folder', 'temporary items'],
  ...['$recycle.bin', 'recycler', 'system volume information', 'lost+found', 'found.000', '$extend'],
  ...['@eadir', '@recycle', '@recently-snapshot', '#recycle', '#snapshot', '~snapshot', '_gsdata_'],
]);

/** Whether a name says that what bears it is no part of the data. */
export const isClutter = (name: string): boolean => name.startsWith('.') || CLUTTER.has(name.toLowerCase());

/** Whether a file beside the class folders is worth looking into: DICOM files often have no name that tells. */
export function mayBeDicom(relativePath: string): boolean {
  const name = path.basename(relativePath);
  return !isClutter(name) && !UNFINISHED.test(name) && !/\.(csv|json|txt|md|xml|pdf|html?|log)$/i.test(name);
}

/** Files that somebody is still writing, or copies that a program keeps for itself: by their endings or beginnings. */
const UNFINISHED = new RegExp(
  [
    String.raw`\.(tmp|temp|part|partial|filepart|crdownload|download|opdownload|aria2|!ut|!qb|bc!|dctmp|lock)$`,
    String.raw`\.(tmp|part)[\w-]{1,12}$`,
    String.raw`\.(bak|backup|old|orig|swp|swo|swx)$`,
    String.raw`~$`,
    String.raw`(^|[\\/])(~\$|#)[^\\/]*$`,
  ].join('|'),
  'i',
);

/**
 * Whether a file is offered as an image. Everything in a class folder is, whatever its name: what is no image is
 * rejected with a clear line. Beside the class folders only files that are named as images are.
 */
export function isOffered(relativePath: string): boolean {
  const segments = relativePath.split(path.sep);
  if (segments.some(isClutter)) return false;
  if (UNFINISHED.test(relativePath)) return false;
  const extension = path.extname(relativePath).slice(1).toLowerCase();
  return placeOf(relativePath).label !== undefined || IMAGE_EXTENSIONS.includes(extension) || isNiftiName(relativePath);
}

const isNiftiName = (name: string): boolean => /\.nii(\.gz)?$/i.test(name);
