/**
 * What every process does the same way: command line, start, signals, errors, exit. Imports config, errors, telemetry
 * and commander.
 *
 *     await runService('preprocess', async ({ signal, log, instance }) => { … until signal aborts … });
 */
export { isMain } from './is-main.js';
export { packageRoot, packageVersion } from './package.js';
export { parseCommandLine } from './command-line.js';
export type { CommandLineSpec, OptionSources, OptionsSpec, ParsedOptions } from './command-spec.js';
export { table, tableLine, type RightAligned } from './table.js';
export { reportFailure, runService, type ServiceContext } from './run-service.js';
