/**
 * The project's own TensorFlow kernels (libs/engine/kernels), compiled beside the engine's binding. They are an
 * acceleration: where they cannot be had, TensorFlow's own kernels compute the same, more slowly.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { engineBinding, engineKernels, kernelSources, root } from './paths.mjs';
import { SetupError, say } from './output.mjs';
import { readJson, writeJson } from './files.mjs';
import { mainError, run } from './process.mjs';
import { libtensorflowInUse } from './libtensorflow.mjs';
import { compileModule, findCompiler, linkedParts } from './native-module.mjs';

const STAMP = `${engineKernels}.json`;
const OPTIMISATION = '-O3';

/** The part of TensorFlow's C interface that the binding does without, so that a folder which serves the binding may lack it. */
const INTERFACE = 'include/tensorflow/c/kernels.h';

/** Loads the binding, and with it libtensorflow, before the kernels, as the engine does. */
const TRIAL = 'require(process.argv[1]); require(process.argv[2])';

/** Names of all files below the folder of the sources, relative to it, in a fixed order. */
const sourceFiles = () => readdirSync(kernelSources, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(path.join(kernelSources, name)).isFile()).sort();

/** One value for the names and contents of the sources. */
function fingerprintSources() {
  const hash = createHash('sha256');
  for (const name of sourceFiles()) {
    const content = readFileSync(path.join(kernelSources, name));
    hash.update(`${name}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

const hasInterface = () => existsSync(path.join(libtensorflowInUse(), INTERFACE));

/**
 * Everything that the outcome depends on; another value means trying again. A compiler matters to a failure only: what
 * is compiled stays good when the compiler goes.
 * @param {string | null} failure
 */
const stampFor = (failure) => ({
  sources: fingerprintSources(),
  optimisation: OPTIMISATION,
  ...linkedParts(engineKernels),
  interface: hasInterface(),
  failure,
  ...(failure === null ? {} : { compiler: findCompiler() ?? null }),
});

/** @throws {SetupError} saying why there are no kernels */
async function compile() {
  if (!hasInterface()) throw new SetupError(`${libtensorflowInUse()} lacks ${INTERFACE}.`);
  const compiler = findCompiler();
  if (!compiler) throw new SetupError('g++ is not on PATH.');
  const sources = sourceFiles().filter((name) => name.endsWith('.cc')).map((name) => path.join(kernelSources, name));
  // Tried under another name: engines may start meanwhile.
  const candidate = path.join(path.dirname(engineKernels), 'candidate_kernels.node');
  try {
    await compileModule({ name: 'the engine kernels', compiler, optimisation: OPTIMISATION, sources, output: candidate });
    const trial = await run(process.execPath, ['-e', TRIAL, engineBinding, candidate]);
    if (trial.code !== 0) throw new SetupError(`the engine kernels do not load (${mainError(trial.stderr)}).`);
    renameSync(candidate, engineKernels);
  } finally {
    rmSync(candidate, { force: true });
  }
}

export const engineKernelsStep = {
  name: 'engine kernels',

  isCurrent() {
    // The kernels are written in instructions of x86-64. An image brings TensorFlow before the sources are there.
    if (process.platform !== 'linux' || process.arch !== 'x64' || !existsSync(kernelSources)) return true;
    const stamp = readJson(STAMP);
    return stamp !== undefined && JSON.stringify(stamp) === JSON.stringify(stampFor(stamp.failure)) && (stamp.failure !== null || existsSync(engineKernels));
  },

  async apply() {
    // Taken before compiling: a source saved meanwhile makes the next run compile again.
    const stamp = stampFor(null);
    try {
      await compile();
      writeJson(STAMP, stamp);
    } catch (error) {
      rmSync(engineKernels, { force: true });
      writeJson(STAMP, { ...stampFor(error.message), sources: stamp.sources });
      say(`going on with TensorFlow's own kernels, correct but slower, because the project's cannot be had: ${error.message} (Without ${path.relative(root, STAMP)} it is tried again.)`);
    }
  },
};
