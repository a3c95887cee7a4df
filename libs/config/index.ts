/** Environment variables → typed, validated configuration; all mistakes reported together, secrets never printed. */
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
