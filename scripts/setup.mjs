/**
 * Brings in what the project needs, once, into the clone alone: npm packages, nats-server, libtensorflow, the engine's
 * binding and the compiled sources. Run again it finds everything in place and does nothing.
 *
 *   node scripts/setup.mjs [--engine=optional] [--no-build]
 *
 * Plain Node without packages, because it runs before there are any.
 */
import { fileURLToPath } from 'node:url';
import { SetupError, say } from './setup/output.mjs';
import { isAtLeast } from './setup/versions.mjs';
import { withLock } from './setup/lock.mjs';
import { npmPackages } from './setup/npm-packages.mjs';
import { natsServer } from './setup/nats-server.mjs';
import { libtensorflow } from './setup/libtensorflow.mjs';
import { engineBindingStep } from './setup/engine-binding.mjs';
import { build } from './setup/build.mjs';

const NODE_FLOOR = '20.9';

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {() => boolean | Promise<boolean>} isCurrent cheap: looks at stamps and times only
 * @property {() => Promise<void>} apply
 */

/** @returns {Step[]} in order; a step may rely on those before it. */
function stepsFor({ build: withBuild }) {
  return [npmPackages, natsServer, ...engineSteps(), ...(withBuild ? [build] : [])];
}

/** A binding that was named brings its own libtensorflow. */
function engineSteps() {
  return process.env.SULCUS_ENGINE_BINDING ? [engineBindingStep] : [libtensorflow, engineBindingStep];
}

/**
 * Brings in what is missing.
 * @param {{ engineOptional?: boolean, build?: boolean }} [options] `engineOptional`: without an engine say so and go on.
 * @throws {SetupError} with one line that says what to do
 */
export async function setUp({ engineOptional = false, build: withBuild = true } = {}) {
  if (!isAtLeast(process.versions.node, NODE_FLOOR)) throw new SetupError(`Node.js ${process.versions.node} is too old: install ${NODE_FLOOR} or newer.`);
  const steps = stepsFor({ build: withBuild });
  const failed = new Set();
  for (const step of steps) {
    const isEngine = step === libtensorflow || step === engineBindingStep;
    if (isEngine && failed.size > 0) continue;
    try {
      await bring(step);
    } catch (error) {
      if (!(error instanceof SetupError && isEngine && engineOptional)) throw describe(error, step);
      failed.add(step);
      say(`going on without the engine: ${error.message}`);
    }
  }
}

/** Two set-ups at once do the work once: the second looks again after waiting. @param {Step} step */
async function bring(step) {
  if (await step.isCurrent()) return;
  await withLock(async () => {
    if (!(await step.isCurrent())) await step.apply();
  });
}

/** @param {unknown} error @param {Step} step */
function describe(error, step) {
  if (error instanceof SetupError) return error;
  if (error.code === 'ENOSPC') return new SetupError(`The disk is full (${step.name}): free some space and run again.`);
  if (error.code === 'EACCES' || error.code === 'EROFS') return new SetupError(`${error.path ?? step.name} is not writable: give yourself write access to the clone.`);
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
  const unknown = process.argv.slice(2).filter((option) => !['--engine=optional', '--no-build'].includes(option));
  if (unknown.length > 0) {
    say(`unknown option ${unknown.join(' ')}; known are --engine=optional and --no-build.`);
    process.exit(2);
  }
  await setUpOrExit({ engineOptional: process.argv.includes('--engine=optional'), build: !process.argv.includes('--no-build') });
  say('everything is in place.');
}
