/**
 * The project's own TensorFlow kernels (libs/engine/native/kernels), compiled beside the engine's binding. They are an
 * acceleration: where they cannot be had, TensorFlow's own kernels compute the same, more slowly.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { engineBinding, engineKernels, kernelSources } from './paths.mjs';
import { SetupError } from './output.mjs';
import { mainError, run } from './process.mjs';
import { libtensorflowInUse } from './libtensorflow.mjs';
import { compileModule, linkedParts } from './native-module.mjs';
import { optionalPart } from './optional-part.mjs';

const OPTIMISATION = '-O3';

/**
 * The part of TensorFlow's C interface that the binding does without, so that a folder which serves the binding may
 * lack it.
 */
const INTERFACE = 'include/tensorflow/c/kernels.h';

/** Loads the binding, and with it libtensorflow, before the kernels, as the engine does. */
const TRIAL = 'require(process.argv[1]); require(process.argv[2])';

const hasInterface = () => existsSync(path.join(libtensorflowInUse(), INTERFACE));

export const engineKernelsStep = optionalPart({
  name: 'engine kernels',
  sources: kernelSources,
  output: engineKernels,
  instead: "TensorFlow's own kernels, correct but slower, because the project's cannot be had",
  inputs: () => ({ optimisation: OPTIMISATION, ...linkedParts(engineKernels), interface: hasInterface() }),
  async compile(compiler, sources, candidate) {
    if (!hasInterface()) throw new SetupError(`${libtensorflowInUse()} lacks ${INTERFACE}.`);
    await compileModule({
      name: 'the engine kernels',
      compiler,
      optimisation: OPTIMISATION,
      sources,
      output: candidate,
    });
    const trial = await run(process.execPath, ['-e', TRIAL, engineBinding, candidate]);
    if (trial.code !== 0) throw new SetupError(`the engine kernels do not load (${mainError(trial.stderr)}).`);
  },
});
