import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PHANTOM_CLASSES } from '#libs/imaging';
import type { SupervisedProcess } from '#services/cli';
import { startStack, type Stack } from '../stack.js';
import type { StreamBenchOptions } from './options.js';
import { benchRecipe } from './recipe.js';

/** A broker and the services that an image of the stream crosses. */
export interface StreamStack extends Stack {
  readonly archiveFolder: string;
  readonly trainer: SupervisedProcess;
}

export const RUN = 'bench';

export async function startStreamStack(options: StreamBenchOptions): Promise<StreamStack> {
  const stack = await startStack({
    name: 'stream',
    limits: { maxBytes: { SCANS: options.limit * 1e6 } },
    services: ['preprocess', 'trainer', 'archiver'],
    environment: async (folder) => {
      const recipeFile = path.join(folder, 'recipe.json');
      await writeFile(recipeFile, JSON.stringify(benchRecipe(options)));
      return {
        SULCUS_RUN: RUN,
        SULCUS_CLASSES: PHANTOM_CLASSES.join(','),
        SULCUS_RECIPE: recipeFile,
        SULCUS_ARCHIVE: path.join(folder, 'archive'),
        SULCUS_STREAM_PAUSE: '2s',
      };
    },
  });
  const trainer = stack.services.find(({ name }) => name === 'trainer')!;
  return Object.assign(stack, { trainer, archiveFolder: path.join(stack.folder, 'archive') });
}
