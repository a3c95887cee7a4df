/**
 * What every process does the same way: command line, start, signals, errors, signs of life, exit. Imports async,
 * config, errors, telemetry and commander.
 *
 *     await runService('preprocess', async ({ signal, log, instance }) => { … until signal aborts … });
 */
export { isMain } from './is-main.js';
export { packageRoot, packageVersion } from './package.js';
export { parseCommandLine } from './command-line.js';
export type { CommandLineSpec, OptionSources, OptionsSpec, ParsedOptions } from './command-spec.js';
export { table, tableLine, type RightAligned } from './table.js';
export {
  EXIT_INTERRUPTED,
  LIFE_SIGN_INTERVAL_MS,
  reportFailure,
  runCommand,
  runService,
  type LifeSign,
  type ServiceContext,
} from './run-service.js';
