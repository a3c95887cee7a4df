/**
 * The native binding of @tensorflow/tfjs-node-gpu, compiled from the package's own sources against our libtensorflow.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { engineBinding, root } from './paths.mjs';
import { SetupError } from './output.mjs';
import { readJson, writeJson } from './files.mjs';
import { findDamage, recordOf } from './intact.mjs';
import { mainError, run } from './process.mjs';
import { libtensorflowInUse, missingParts } from './libtensorflow.mjs';
import { compileModule, findCompiler, linkedParts } from './native-module.mjs';

const SOURCES = path.join(root, 'node_modules/@tensorflow/tfjs-node-gpu');
const STAMP = `${engineBinding}.json`;

/**
 * Gives the binding's sessions their configuration: stands in for the two functions of TensorFlow's that the binding
 * calls.
 */
const SESSION_OPTIONS = path.join(root, 'libs/engine/native/session/session-options.cc');
const STAND_INS = ['-DTF_NewSessionOptions=SulcusNewSessionOptions', '-DTF_SessionRun=SulcusSessionRun'];

/** Everything the compiled file depends on; another value means compiling again. */
const inputs = () => ({
  binding: readJson(path.join(SOURCES, 'package.json'))?.version,
  sessionOptions: existsSync(SESSION_OPTIONS)
    ? createHash('sha256').update(readFileSync(SESSION_OPTIONS)).digest('hex')
    : null,
  ...linkedParts(engineBinding),
});

/** Loads the binding, and with it libtensorflow. @returns {Promise<string | undefined>} why that fails */
async function load() {
  const { code, stderr } = await run(process.execPath, ['-e', 'require(process.argv[1]).TF_Version', engineBinding]);
  return code === 0 ? undefined : mainError(stderr);
}

export const engineBindingStep = {
  name: 'engine binding',

  async isCurrent(options) {
    const override = process.env.SULCUS_ENGINE_BINDING;
    if (override) {
      if (existsSync(override)) return true;
      throw new SetupError(`SULCUS_ENGINE_BINDING names ${override}, which does not exist.`);
    }
    const { file: _, ...stamp } = readJson(STAMP) ?? {};
    return (
      JSON.stringify(stamp) === JSON.stringify(inputs()) &&
      existsSync(engineBinding) &&
      (await this.findDamage(options)) === undefined &&
      (!options.thorough || (await load()) === undefined)
    );
  },

  async findDamage(options) {
    return existsSync(engineBinding) ? findDamage(engineBinding, readJson(STAMP)?.file, options) : undefined;
  },

  async apply() {
    const library = libtensorflowInUse();
    const missing = missingParts(library);
    if (missing.length > 0)
      throw new SetupError(`The engine binding needs libtensorflow, and ${library} lacks ${missing.join(', ')}.`);
    const compiler = findCompiler();
    if (!compiler)
      throw new SetupError(
        'g++ is not on PATH. It compiles the engine binding: install g++ and run again, or point ' +
          'SULCUS_ENGINE_BINDING at a compiled one.',
      );
    const sources = readdirSync(path.join(SOURCES, 'binding'))
      .filter((file) => file.endsWith('.cc'))
      .map((file) => path.join(SOURCES, 'binding', file));
    await compileModule({
      name: 'the engine binding',
      compiler,
      optimisation: '-O2',
      definitions: STAND_INS,
      sources: [...sources, SESSION_OPTIONS],
      output: engineBinding,
    });
    const problem = await load();
    if (problem !== undefined) throw new SetupError(`The compiled engine binding does not load (${problem}).`);
    writeJson(STAMP, { ...inputs(), file: await recordOf(engineBinding) });
  },
};
