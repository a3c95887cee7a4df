/**
 * The library that gives the engine's process its large blocks of memory (libs/engine/native/allocator). Without it
 * TensorFlow's own allocator does, which needs more for the same.
 */
import path from 'node:path';
import { engineMemory, memorySources } from './paths.mjs';
import { SetupError } from './output.mjs';
import { mainError, run } from './process.mjs';
import { compile } from './native-module.mjs';
import { optionalPart } from './optional-part.mjs';

const FLAGS = ['-std=c++17', '-O2', '-fPIC', '-shared', '-fvisibility=hidden', '-w'];

/** As the engine does it: by name and folder, because LD_PRELOAD ends a name at a blank. @param {string} file */
const preload = (file) => ({ LD_PRELOAD: path.basename(file), LD_LIBRARY_PATH: path.dirname(file) });

export const engineMemoryStep = optionalPart({
  name: 'engine memory',
  sources: memorySources,
  output: engineMemory,
  instead: "TensorFlow's own allocator, which needs more memory, because the project's cannot be had",
  inputs: () => ({ flags: FLAGS }),
  async compile(compiler, sources, candidate) {
    await compile('the engine memory', compiler, [...FLAGS, ...sources, '-o', candidate, '-ldl']);
    // The loader goes on without what it cannot load, and says so.
    const trial = await run(process.execPath, ['-e', ''], { env: { ...process.env, ...preload(candidate) } });
    if (trial.code !== 0 || trial.stderr !== '')
      throw new SetupError(`the engine memory does not load (${mainError(trial.stderr)}).`);
  },
});
