/**
 * Brings in what the project needs, once, into the clone alone: npm packages, nats-server, libtensorflow, the engine's
 * binding, kernels and memory, and the compiled sources. Run again it finds everything in place and does nothing.
 *
 *   node scripts/setup.mjs [--parts=packages,nats,engine,build] [--thorough]
 *
 * With --thorough (`npm run setup`) it does not trust sizes and times: it reads what it brought, loads what it
 * compiled, and tries again what failed before.
 *
 * Plain Node without packages, because it runs before there are any.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './setup/paths.mjs';
import { readJson } from './setup/files.mjs';
import { SetupError, say } from './setup/output.mjs';
import { isAtLeast } from './setup/versions.mjs';
import { withLock } from './setup/lock.mjs';
import { commandLink, npmPackages } from './setup/npm-packages.mjs';
import { natsServer } from './setup/nats-server.mjs';
import { libtensorflow } from './setup/libtensorflow.mjs';
import { engineBindingStep } from './setup/engine-binding.mjs';
import { engineKernelsStep } from './setup/engine-kernels.mjs';
import { engineMemoryStep } from './setup/engine-memory.mjs';
import { requireSpace } from './setup/disk-space.mjs';
import { build } from './setup/build.mjs';

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {(options: { thorough: boolean }) => boolean | Promise<boolean>} isCurrent cheap unless `thorough`: looks
 *   at stamps, sizes and times only
 * @property {(options: { thorough: boolean }) => Promise<string | undefined>} [findDamage] what is wrong with what is
 *   there
 * @property {() => Promise<void>} apply
 * @property {() => import('./setup/disk-space.mjs').Need[]} [needs] what it takes of the disk; nothing worth asking for
 *   by default
 */

/** @typedef {'packages' | 'nats' | 'engine' | 'build'} Part */

/** @type {readonly Part[]} in order; a part may rely on those before it. */
export const ALL_PARTS = ['packages', 'nats', 'engine', 'build'];

/** @returns {Record<Part, Step[]>} */
function stepsByPart() {
  return {
    packages: [npmPackages, commandLink],
    nats: [natsServer],
    // A binding that was named brings its own libtensorflow, and goes without what of ours would be for another.
    engine: process.env.SULCUS_ENGINE_BINDING
      ? [engineBindingStep]
      : [libtensorflow, engineBindingStep, engineKernelsStep, engineMemoryStep],
    build: [build],
  };
}

/** Which engine will compute: `auto` is TensorFlow where it can be had. The services read the same variable. */
const ENGINES = ['auto', 'tensorflow', 'portable'];

/**
 * Whether TensorFlow may be missing: yes, because the portable engine takes its place, unless it was asked for by name
 * or one of its parts was pointed elsewhere, which is then a mistake.
 */
const engineOptional = () =>
  !['SULCUS_LIBTENSORFLOW_DIR', 'SULCUS_ENGINE_BINDING'].some((name) => process.env[name]) &&
  process.env.SULCUS_ENGINE !== 'tensorflow';

/**
 * Brings in what is missing. Without TensorFlow it says so and goes on where that is possible; with
 * SULCUS_ENGINE=portable it does not even look for it.
 * @param {{ parts?: readonly Part[], thorough?: boolean }} [options]
 * @throws {SetupError} with one line that says what to do
 */
export async function setUp({ parts = ALL_PARTS, thorough = false } = {}) {
  const engine = process.env.SULCUS_ENGINE || 'auto';
  if (!ENGINES.includes(engine))
    throw new SetupError(`SULCUS_ENGINE must be one of ${ENGINES.join(', ')}, got "${engine}".`);
  const floor = readJson(path.join(root, 'package.json')).engines.node;
  if (!isAtLeast(process.versions.node, floor))
    throw new SetupError(`Node.js ${process.versions.node} is too old: the project needs ${floor}.`);
  const steps = stepsByPart();
  const wanted = ALL_PARTS.filter((name) => parts.includes(name) && !(name === 'engine' && engine === 'portable'));
  requireSpace(await needsOf(wanted.flatMap((part) => steps[part])));
  for (const part of wanted) {
    try {
      for (const step of steps[part]) await bring(step, { thorough });
    } catch (error) {
      if (!(error instanceof SetupError && part === 'engine' && engineOptional())) throw error;
      say(
        'going on with the portable engine, correct but several times slower, because TensorFlow cannot be ' +
          `had: ${error.message} (SULCUS_ENGINE=portable does not look for it.)`,
      );
    }
  }
}

/** What the steps that are to come take of the disk. @param {readonly Step[]} steps */
async function needsOf(steps) {
  const needs = [];
  for (const step of steps) {
    if (!step.needs) continue;
    // A part that was pointed elsewhere, wrongly, is reported when its turn comes.
    try {
      if (!(await step.isCurrent({ thorough: false }))) needs.push(...step.needs());
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
    }
  }
  return needs;
}

/**
 * Two set-ups at once do the work once: the second looks again after waiting.
 * @param {Step} step @param {{ thorough: boolean }} options
 */
async function bring(step, options) {
  try {
    if (await step.isCurrent(options)) return;
    await withLock(async () => {
      if (await step.isCurrent(options)) return;
      const damage = await step.findDamage?.(options);
      if (damage) say(`${damage}: bringing it again`);
      await step.apply();
    });
  } catch (error) {
    throw explain(error, step);
  }
}

/** @param {NodeJS.ErrnoException} error @param {Step} step */
function explain(error, step) {
  if (error.code === 'ENOSPC') return new SetupError(`The disk is full (${step.name}): free some space and run again.`);
  if (error.code === 'EACCES' || error.code === 'EROFS')
    return new SetupError(`${error.path ?? step.name} is not writable: give yourself write access to the clone.`);
  return error;
}

/** Sets up and ends the process with one line when something cannot be had. */
export async function setUpOrExit(options) {
  try {
    await setUp(options);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exit(1);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const words = process.argv.slice(2);
  const unknown = words.filter((word) => !word.startsWith('--parts=') && word !== '--thorough');
  const parts =
    words
      .findLast((word) => word.startsWith('--parts='))
      ?.slice('--parts='.length)
      .split(',') ?? ALL_PARTS;
  unknown.push(...parts.filter((part) => !ALL_PARTS.includes(part)));
  if (unknown.length > 0) {
    say(`unknown: ${unknown.join(' ')}. Known are --parts=${ALL_PARTS.join(',')} and --thorough.`);
    process.exit(2);
  }
  await setUpOrExit({ parts, thorough: words.includes('--thorough') });
  say('done, nothing more to bring in.');
}
