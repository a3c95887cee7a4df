import { rm } from 'node:fs/promises';
import path from 'node:path';
import { unpack } from '#libs/unpack';
import { packedCorpus } from '../corpus/packed.js';
import { mutateBytes } from '../mutate/bytes.js';
import type { Target } from '../target.js';
import { fileTarget } from './file-target.js';

/** Data sets that come packed. */
export const packedTargets: readonly Target[] = Object.entries(packedCorpus()).map(([ending, packed]) =>
  fileTarget({
    name: ending,
    share: 2,
    file: `data.${ending}`,
    maker: async () => (random) => mutateBytes(random, packed),
    read: async (file, folder) => {
      const into = path.join(folder, 'unpacked');
      await rm(into, { recursive: true, force: true });
      await unpack(file, into);
    },
  }),
);
