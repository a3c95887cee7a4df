import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writePhantomDataset } from '#libs/imaging';

export interface Images {
  manifest: string;
  /** What predictions are asked of. */
  probe: Buffer;
  count: number;
}

const PER_CLASS = 30;
const SIZE_PX = 40;
/** Of each class so many come without a label: they leave for the archive. */
const UNLABELLED_PER_CLASS = 3;

/** The images of every round: the same for all, so that what one run makes of them can be compared with another's. */
export async function writeImages(folder: string): Promise<Images> {
  const { manifest, images } = await writePhantomDataset(folder, { perClass: PER_CLASS, seed: 1, sizePx: SIZE_PX });
  const [header, ...rows] = (await readFile(manifest, 'utf8')).trimEnd().split('\n') as [string, ...string[]];
  const seen = new Map<string, number>();
  const changed = rows.map((row) => {
    const [file, label, patient] = row.split(',') as [string, string, string];
    const number = (seen.get(label) ?? 0) + 1;
    seen.set(label, number);
    return [file, number > PER_CLASS - UNLABELLED_PER_CLASS ? '' : label, patient].join(',');
  });
  await writeFile(manifest, `${[header, ...changed].join('\n')}\n`);
  return { manifest, count: images, probe: await readFile(path.join(folder, rows[0]!.split(',')[0]!)) };
}
