import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { FilePrediction } from './predict-files.js';

/** The deepest folder that holds all of the files. */
export function commonFolder(files: readonly string[]): string {
  const [first = [], ...others] = files.map((file) => path.dirname(path.resolve(file)).split(path.sep));
  const depth = first.findIndex((name, index) => others.some((names) => names[index] !== name));
  return first.slice(0, depth < 0 ? undefined : depth).join(path.sep) || path.sep;
}

/**
 * Writes the picture of an answer, if it has one, under the name of its image with `.png` behind it.
 *
 * @param imageFolder holds all images: pictures lie below `folder` as the images do below it
 */
export async function writeExplanation(folder: string, imageFolder: string, prediction: FilePrediction): Promise<void> {
  if ('error' in prediction || !prediction.response.explanation) return;
  const file = path.join(folder, `${path.relative(imageFolder, prediction.file)}.png`);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, prediction.response.explanation.png);
}
