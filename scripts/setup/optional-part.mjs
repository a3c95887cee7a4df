/** What is compiled to make the engine better, and what it can do without. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { SetupError, say } from './output.mjs';
import { readJson, writeJson } from './files.mjs';
import { findDamage, recordOf } from './intact.mjs';
import { findCompiler } from './native-module.mjs';

/** Names of the C++ files below a folder, relative to it, in a fixed order. @param {string} folder */
const filesBelow = (folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(cc|h)$/.test(name) && statSync(path.join(folder, name)).isFile())
    .sort();

/** One value for the names and contents of the sources. @param {string} folder */
function fingerprint(folder) {
  const hash = createHash('sha256');
  for (const name of filesBelow(folder)) {
    const content = readFileSync(path.join(folder, name));
    hash.update(`${name}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/**
 * A step that compiles the C++ files of a folder. A failure is said once and stops nothing; it is tried again when
 * something changes that the outcome depends on, and by a thorough set-up.
 *
 * @param {object} part
 * @param {string} part.name
 * @param {string} part.sources folder
 * @param {string} part.output
 * @param {string} part.instead what set-up goes on with when it fails, and what the project lacks then
 * @param {() => object} part.inputs what the outcome depends on besides the sources
 * @param {(compiler: string, sources: readonly string[], candidate: string) => Promise<void>} part.compile makes the
 *   candidate and tries it, under another name than its own because engines may start meanwhile; throws a SetupError
 * @returns {import('../setup.mjs').Step}
 */
export function optionalPart({ name, sources, output, instead, inputs, compile }) {
  const stampFile = `${output}.json`;

  /**
   * Everything that the outcome depends on; another value means trying again. A compiler matters to a failure only:
   * what is compiled stays good when the compiler goes.
   * @param {string | null} failure
   */
  const stampFor = (failure) => ({
    sources: fingerprint(sources),
    ...inputs(),
    failure,
    ...(failure === null ? {} : { compiler: findCompiler() ?? null }),
  });

  async function make() {
    const compiler = findCompiler();
    if (!compiler) throw new SetupError('g++ is not on PATH.');
    const candidate = path.join(path.dirname(output), `candidate_${path.basename(output)}`);
    try {
      await compile(
        compiler,
        filesBelow(sources)
          .filter((file) => file.endsWith('.cc'))
          .map((file) => path.join(sources, file)),
        candidate,
      );
      renameSync(candidate, output);
    } finally {
      rmSync(candidate, { force: true });
    }
  }

  return {
    name,

    async isCurrent(options) {
      // Written for Linux on x86-64. An image brings TensorFlow before the sources are there.
      if (process.platform !== 'linux' || process.arch !== 'x64' || !existsSync(sources)) return true;
      const { file: _, ...stamp } = readJson(stampFile) ?? {};
      if (JSON.stringify(stamp) !== JSON.stringify(stampFor(stamp.failure))) return false;
      if (stamp.failure !== null) return !options.thorough;
      return existsSync(output) && (await this.findDamage(options)) === undefined;
    },

    async findDamage(options) {
      return existsSync(output) ? findDamage(output, readJson(stampFile)?.file, options) : undefined;
    },

    async apply() {
      // Taken before compiling: a source saved meanwhile makes the next run compile again.
      const stamp = stampFor(null);
      try {
        await make();
        writeJson(stampFile, { ...stamp, file: await recordOf(output) });
      } catch (error) {
        rmSync(output, { force: true });
        writeJson(stampFile, { ...stampFor(error.message), sources: stamp.sources });
        say(`going on with ${instead}: ${error.message} (npm run setup tries again.)`);
      }
    },
  };
}
