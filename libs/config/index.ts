/**
 * Environment variables → typed, validated configuration; all mistakes reported together, secrets never printed.
 * Imports libs/errors.
 *
 *     const environment = {
 *       address: ['SULCUS_INGEST_ADDRESS', text({ default: '127.0.0.1:7001', description: 'host:port' })],
 *     } as const;
 *     const { address } = parseEnvironment(environment, process.env);
 *
 * The same objects make `--help` and docs/environment.md.
 */
export { parseEnvironment, shownDefault, variableHelp, type EnvironmentSpec, type Parsed } from './environment.js';
export {
  bytes,
  choice,
  duration,
  existingPath,
  integer,
  integers,
  list,
  number,
  optional,
  secret,
  Secret,
  site,
  text,
  flag,
  type Variable,
} from './variables.js';
export { withoutCredentials } from './without-credentials.js';
