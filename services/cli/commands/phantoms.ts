import { flag, integer, optional } from '#libs/config';
import { parseCommandLine, runCommand } from '#libs/service';
import { showProgress } from '../shared/progress.js';

const OPTIONS = {
  perClass: ['--per-class <n>', integer({ default: 150, min: 1, max: 100_000, description: 'images of each class' })],
  seed: ['--seed <n>', integer({ default: 1, min: 0, description: 'determines every file' })],
  sizePx: [
    '--size <px>',
    optional(integer({ min: 16, max: 2048, description: 'height and width of the images (default: 192)' })),
  ],
  dicom: ['--dicom', flag({ default: false, description: 'DICOM studies as a scanner exports them' })],
  slicesPerPatient: [
    '--slices <n>',
    optional(integer({ min: 1, description: 'slices of the same patient (default: 4)' })),
  ],
} as const;

/** `sulcus phantoms FOLDER`: writes a data set of synthetic brain MR images. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = `Writes phantoms of brain MR slices in four classes, one folder each, and a manifest.csv with \
their patients. They teach a classifier and test a pipeline; they are no medical images.`;
  const parsed = parseCommandLine(
    { name: 'sulcus phantoms', description, operand: '<folder>', options: OPTIONS },
    argv,
  );
  if (!parsed) return;
  const { writePhantomDataset, writePhantomStudies } = await import('#libs/imaging');
  await runCommand('phantoms', async ({ signal }) => {
    const { folder, manifest, images, patients } = await (parsed.options.dicom
      ? writePhantomStudies
      : writePhantomDataset)(parsed.operand!, {
      ...parsed.options,
      signal,
      onProgress: (done, total) => showProgress(done, total, 'phantoms'),
    });
    process.stdout.write(`${images} images of ${patients} patients in ${folder}, listed in ${manifest}\n`);
  });
}
