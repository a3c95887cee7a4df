/** What every service process does the same way: command line, start, signals, errors, exit. */
export { isMain } from './is-main.js';
export { packageVersion } from './package-version.js';
export {
  parseCommandLine,
  type CommandLineSpec,
  type OptionSources,
  type OptionsSpec,
  type ParsedOptions,
} from './command-line.js';
export { reportFailure, runService, type ServiceContext } from './run-service.js';
