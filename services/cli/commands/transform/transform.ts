import path from 'node:path';
import { choice, text } from '#libs/config';
import { SulcusError } from '#libs/errors';
import { storedTransform } from '#libs/imaging';
import { parseCommandLine, runCommand } from '#libs/service';
import { importEnvironment, listData, parseColumns, readImportConfig } from '#services/ingest';
import { resolveTransform } from '#services/trainer';
import { openData } from '../../shared/open-data.js';
import { columnsOption, jsonOption } from '../../shared/options.js';
import { showProgress } from '../../shared/progress.js';
import { recipeNamed } from '../../shared/recipe-named.js';
import { manifestsOf, WHOLE_MANIFEST } from './manifests.js';
import { nameFiles } from './name-files.js';
import { claimFolder, storeImages, writeWhole } from './store-images.js';

const OPTIONS = {
  recipe: ['--recipe <name>', text({ description: 'recipe whose transform is meant: a name or a file' })],
  output: [
    '--output <folder>',
    text({ description: 'where the images go: empty, or begun before' }),
    { alias: '--out' },
  ],
  format: [
    '--format <name>',
    choice(['png', 'original'], {
      default: 'png',
      description: 'png: without loss; original: JPEGs stay JPEGs (quality 95), all else becomes PNG',
    }),
  ],
  columns: columnsOption,
  json: jsonOption(
    'write one line of JSON: {written, kept, uncropped, refused: [{file, code, message}], operations, data, recipe}',
  ),
} as const;

const { acceptMislabelled, maxFileBytes, maxPixels } = importEnvironment;
const ENVIRONMENT = { acceptMislabelled, maxFileBytes, maxPixels };

const NOTES = `Done once is what training and evaluation begin with alike, without random numbers: crops to the head, \
resizing. recipe.json in the folder is the recipe with what is left to do: train the stored images with it. As PNG \
they give the network the same pixels as the files they are made of. A call that was stopped goes on where it was.

Exit code 0: every image is stored; 1: some could not be read, and are named.`;

/** `sulcus transform PATH --recipe NAME --output FOLDER`: a data set with the fixed part of its preparation done. */
export async function main(argv: readonly string[]): Promise<void> {
  const parsed = parseCommandLine(
    {
      name: 'sulcus transform',
      description: 'Does once what a recipe does to every image before anything random, and stores the result.',
      operand: '<path>',
      options: OPTIONS,
      environment: ENVIRONMENT,
      notes: NOTES,
    },
    argv,
  );
  if (!parsed) return;
  const { recipe: name, output, format, columns, json } = parsed.options;
  await runCommand('transform', async ({ signal }) => {
    const recipe = await recipeNamed(name);
    const spec = resolveTransform(recipe);
    const stored = storedTransform(spec);
    if (!stored)
      throw new SulcusError(
        'INVALID_ARGUMENT',
        `Nothing of recipe "${recipe.name}" can be done once: training and evaluation begin with different ` +
          'operations, or with random ones',
      );
    const from = await openData(parsed.operand!, { signal });
    const items = await listData(from, { columns: columns && parseColumns(columns), signal });
    const files = nameFiles(items, format);
    if (files.length === 0)
      throw new SulcusError('INVALID_ARGUMENT', `There are no images in ${parsed.operand!}: expected <class>/<image>`);
    const operations = stored.once.map(({ op }) => op);
    await claimFolder(output, `${JSON.stringify({ operations: stored.once, channels: spec.channels, format })}\n`);
    const recipeFile = path.join(output, 'recipe.json');
    const rest = { ...recipe, name: `${recipe.name}-stored`, transform: stored.rest };
    await writeWhole(recipeFile, `${JSON.stringify(rest, undefined, 2)}\n`);
    const onProgress = (done: number): void => showProgress(done, files.length, 'images');
    const result = await storeImages(files, {
      once: stored.once,
      spec,
      folder: output,
      limits: readImportConfig(),
      signal,
      onProgress,
    });
    const leftOut = new Set(result.refused.map(({ file }) => file));
    const manifests = manifestsOf(files.filter(({ source }) => !leftOut.has(source)));
    for (const [file, content] of manifests) await writeWhole(path.join(output, file), content);
    const data = manifests.has(WHOLE_MANIFEST) ? path.join(output, WHOLE_MANIFEST) : output;
    const { written, kept, uncropped, refused } = result;
    for (const { file, message } of refused) process.stderr.write(`transform: left out ${file}: ${message}\n`);
    if (json) console.log(JSON.stringify({ ...result, operations, data, recipe: recipeFile }));
    else
      console.log(
        `${operations.join(', ')}: ${written} images written to ${output}, ${kept} were there, ` +
          `${refused.length} left out` +
          (uncropped > 0 ? `; no head was found in ${uncropped}, which are whole` : '') +
          `; train them with --data ${data} --recipe ${recipeFile}`,
      );
    if (refused.length > 0) process.exitCode = 1;
  });
}
