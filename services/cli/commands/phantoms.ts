import { integer, optional } from '#libs/config';
import { parseCommandLine, runService } from '#libs/service';

/** `sulcus phantoms <folder>`: writes a data set of synthetic brain MR images. */
export async function phantomsMain(argv: readonly string[]): Promise<void> {
  const parsed = parseCommandLine(
    {
      name: 'sulcus phantoms',
      description:
        'Writes phantoms of brain MR slices in four classes, one folder each, and a manifest.csv with their patients.\nThey teach a classifier and test a pipeline; they are no medical images.',
      operand: '<folder>',
      options: {
        perClass: [
          '--per-class <n>',
          integer({ default: 150, min: 1, max: 100_000, description: 'images of each class' }),
        ],
        seed: ['--seed <n>', integer({ default: 1, min: 0, description: 'determines every file' })],
        sizePx: [
          '--size <pixels>',
          optional(integer({ min: 16, max: 2048, description: 'width and height (default: 192)' })),
        ],
        slicesPerPatient: [
          '--slices <n>',
          optional(integer({ min: 1, description: 'slices of the same patient (default: 4)' })),
        ],
      },
    },
    argv,
  );
  if (!parsed) return;
  const { writePhantomDataset } = await import('#libs/imaging');
  await runService('phantoms', async ({ signal }) => {
    const { folder, manifest, images, patients } = await writePhantomDataset(parsed.operand!, {
      ...parsed.options,
      signal,
      onProgress: showProgress,
    });
    process.stdout.write(`${images} images of ${patients} patients in ${folder}, listed in ${manifest}\n`);
  });
}

function showProgress(written: number, total: number): void {
  if (process.stderr.isTTY) process.stderr.write(written === total ? '\r\x1b[K' : `\r${written} of ${total} phantoms`);
}
