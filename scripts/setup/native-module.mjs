/** Native modules for Node.js, compiled against our libtensorflow with the machine's compiler. */
import path from 'node:path';
import { root } from './paths.mjs';
import { SetupError, withProgress } from './output.mjs';
import { moveIntoPlace, readJson, withTemporaryFolder } from './files.mjs';
import { findOnPath, mainError, run } from './process.mjs';
import { libtensorflowInUse } from './libtensorflow.mjs';

const HEADERS = path.join(root, 'node_modules/node-api-headers');

/** The compiler's path, or undefined. */
export const findCompiler = () => findOnPath('g++') ?? findOnPath('clang++');

/**
 * What every module depends on besides its sources, as values for its stamp.
 * @param {string} output the module's place
 */
export function linkedParts(output) {
  const library = libtensorflowInUse();
  return {
    headers: readJson(path.join(HEADERS, 'package.json'))?.version,
    libtensorflow: path.relative(path.dirname(output), library),
    origin: readJson(path.join(library, 'origin.json'))?.sha256 ?? null,
  };
}

/**
 * The compiler's arguments. Both libraries are linked because each exports functions the other lacks;
 * the run path is relative inside the clone, so that the clone can be moved.
 * @param {{ optimisation: string, definitions?: readonly string[], sources: readonly string[], headers: string,
 *   library: string, runPath: string, output: string }} parts
 */
export function compilerArguments({ optimisation, definitions = [], sources, headers, library, runPath, output }) {
  return [
    '-std=c++17',
    optimisation,
    '-fPIC',
    '-shared',
    '-DNAPI_VERSION=8',
    '-w',
    ...definitions,
    `-I${path.join(headers, 'include')}`,
    `-I${path.join(library, 'include')}`,
    ...sources,
    '-o',
    output,
    `-L${library}`,
    '-l:libtensorflow_cc.so.2',
    '-l:libtensorflow_framework.so.2',
    `-Wl,-rpath,${runPath}`,
  ];
}

/**
 * Runs the compiler.
 * @param {string} name what is compiled @param {string} compiler @param {readonly string[]} args
 * @throws {SetupError} with the compiler's first error
 */
export async function compile(name, compiler, args) {
  // In English, so that its first error is found.
  const env = { ...process.env, LC_ALL: 'C' };
  const { code, stderr } = await withProgress(`compiling ${name}`, () => run(compiler, args, { env }));
  if (code !== 0)
    throw new SetupError(
      `${name} did not compile (${stderr.split('\n').find((line) => /error/i.test(line)) ?? mainError(stderr)}).`,
    );
}

/**
 * Compiles a module and puts it in its place, from where alone its relative run path resolves: load it there to try it.
 * @param {{ name: string, compiler: string, optimisation: string, definitions?: readonly string[], sources: readonly
 * string[], output: string }} module
 * @throws {SetupError} with the compiler's first error
 */
export async function compileModule({ name, compiler, optimisation, definitions, sources, output }) {
  const library = libtensorflowInUse();
  const runPath = process.env.SULCUS_LIBTENSORFLOW_DIR
    ? library
    : `$ORIGIN/${path.relative(path.dirname(output), library)}`;
  await withTemporaryFolder(async (folder) => {
    const compiled = path.join(folder, path.basename(output));
    await compile(
      name,
      compiler,
      compilerArguments({ optimisation, definitions, sources, headers: HEADERS, library, runPath, output: compiled }),
    );
    moveIntoPlace(compiled, output);
  });
}
