import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { FilePrediction } from './predict-files.js';

/**
 * Writes the picture of an answer, if it has one, under the name of its image with `.png` behind it.
 *
 * @param target file or folder that was asked about: below the folder, pictures lie as the images do
 */
export async function writeExplanation(folder: string, target: string, prediction: FilePrediction): Promise<void> {
  if ('error' in prediction || !prediction.response.explanation) return;
  const file = path.join(folder, `${path.relative(target, prediction.file) || path.basename(prediction.file)}.png`);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, prediction.response.explanation.png);
}
