/** The native binding of @tensorflow/tfjs-node-gpu, compiled from the package's own sources against our libtensorflow. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { engineBinding, root } from './paths.mjs';
import { SetupError, withProgress } from './output.mjs';
import { moveIntoPlace, readJson, withTemporaryFolder, writeJson } from './files.mjs';
import { findOnPath, mainError, run } from './process.mjs';
import { libtensorflowInUse, missingParts } from './libtensorflow.mjs';

const SOURCES = path.join(root, 'node_modules/@tensorflow/tfjs-node-gpu');
const HEADERS = path.join(root, 'node_modules/node-api-headers');
const STAMP = `${engineBinding}.json`;

/** Everything the compiled file depends on; another value means compiling again. */
function inputs() {
  const library = libtensorflowInUse();
  return {
    binding: readJson(path.join(SOURCES, 'package.json'))?.version,
    headers: readJson(path.join(HEADERS, 'package.json'))?.version,
    libtensorflow: path.relative(path.dirname(engineBinding), library),
    origin: readJson(path.join(library, 'origin.json'))?.sha256 ?? null,
  };
}

/**
 * The compiler's arguments. Both libraries are linked because each exports functions the other lacks;
 * the run path is relative inside the clone, so that the clone can be moved.
 * @param {{ sources: readonly string[], headers: string, library: string, runPath: string, output: string }} parts
 */
export function compilerArguments({ sources, headers, library, runPath, output }) {
  return [
    '-std=c++17', '-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8', '-w',
    `-I${path.join(headers, 'include')}`, `-I${path.join(library, 'include')}`,
    ...sources, '-o', output,
    `-L${library}`, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2', `-Wl,-rpath,${runPath}`,
  ];
}

export const engineBindingStep = {
  name: 'engine binding',

  isCurrent() {
    const override = process.env.SULCUS_ENGINE_BINDING;
    if (override) {
      if (existsSync(override)) return true;
      throw new SetupError(`SULCUS_ENGINE_BINDING names ${override}, which does not exist.`);
    }
    return existsSync(engineBinding) && JSON.stringify(readJson(STAMP)) === JSON.stringify(inputs());
  },

  async apply() {
    const library = libtensorflowInUse();
    const missing = missingParts(library);
    if (missing.length > 0) throw new SetupError(`The engine binding needs libtensorflow, and ${library} lacks ${missing.join(', ')}.`);
    const compiler = findOnPath('g++') ?? findOnPath('clang++');
    if (!compiler) throw new SetupError('g++ is not on PATH. It compiles the engine binding: install g++ and run again, or point SULCUS_ENGINE_BINDING at a compiled one.');
    const sources = readdirSync(path.join(SOURCES, 'binding')).filter((file) => file.endsWith('.cc')).map((file) => path.join(SOURCES, 'binding', file));
    const runPath = process.env.SULCUS_LIBTENSORFLOW_DIR ? library : `$ORIGIN/${path.relative(path.dirname(engineBinding), library)}`;
    await withTemporaryFolder(async (folder) => {
      const output = path.join(folder, 'tfjs_binding.node');
      const { code, stderr } = await withProgress('compiling the engine binding', () => run(compiler, compilerArguments({ sources, headers: HEADERS, library, runPath, output })));
      if (code !== 0) throw new SetupError(`The engine binding did not compile (${stderr.split('\n').find((line) => /error/i.test(line)) ?? mainError(stderr)}).`);
      mkdirSync(path.dirname(engineBinding), { recursive: true });
      moveIntoPlace(output, engineBinding);
    });
    // The relative run path only resolves from the final place, so the trial load happens there, before the stamp.
    const trial = await run(process.execPath, ['-e', 'process.stdout.write(require(process.argv[1]).TF_Version)', engineBinding]);
    if (trial.code !== 0) throw new SetupError(`The compiled engine binding does not load (${mainError(trial.stderr)}).`);
    writeJson(STAMP, inputs());
  },
};
