import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { outcomeOf, type Make, type Target } from '../target.js';

export interface FileTarget {
  name: string;
  share: number;
  /** What the file is called. */
  file: string;
  maker: () => Promise<Make>;
  /** @param folder a folder of the target's own, for what is written */
  read: (file: string, folder: string) => unknown;
}

/** A door that reads a file. */
export const fileTarget = ({ name, share, file: fileName, maker, read }: FileTarget): Target => ({
  name,
  share,
  kind: 'readers',
  maker,
  open: async () => {
    const folder = await mkdtemp(path.join(tmpdir(), `sulcus-fuzz-${name}-`));
    const file = path.join(folder, fileName);
    return {
      run: async (input) => {
        await writeFile(file, input);
        return await outcomeOf(() => read(file, folder));
      },
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
    };
  },
});
