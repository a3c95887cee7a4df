import { readFileSync } from 'node:fs';
import { SulcusError } from '#libs/errors';
import type { Variable } from './variables.js';
import { withoutCredentials } from './without-credentials.js';

/** Configuration key → environment variable name and kind. */
export type EnvironmentSpec = Readonly<Record<string, readonly [name: string, variable: Variable<unknown>]>>;

/** The typed values of a spec. */
export type Parsed<S extends EnvironmentSpec> = {
  readonly [K in keyof S]: S[K][1] extends Variable<infer T> ? T : never;
};

/**
 * Reads every variable of a spec. An empty variable counts as not set. A secret may also be given by a file:
 * `NAME_FILE` names it, and blanks around what it holds are dropped.
 *
 * @throws INVALID_CONFIG naming every mistake at once, with the value unless it is secret, and without passwords in it
 */
export function parseEnvironment<S extends EnvironmentSpec>(
  spec: S,
  environment: NodeJS.ProcessEnv = process.env,
): Parsed<S> {
  const mistakes: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, [name, variable]] of Object.entries(spec)) {
    const raw = variable.secret ? secretOf(name, environment, mistakes) : environment[name];
    if (raw === GIVEN_WRONGLY) continue;
    if (raw === undefined || raw === '') {
      if (variable.required) mistakes.push(`${name} is not set: ${variable.description}`);
      else values[key] = variable.default;
      continue;
    }
    try {
      values[key] = variable.parse(raw);
    } catch (error) {
      const shown = variable.secret ? '' : ` "${withoutCredentials(raw)}"`;
      mistakes.push(`${name}${shown}: ${(error as Error).message}`);
    }
  }
  if (mistakes.length > 0) {
    throw new SulcusError('INVALID_CONFIG', mistakes.join('\n'), { details: { mistakes } });
  }
  return values as Parsed<S>;
}

/** Stands for a secret whose mistake is noted already. */
const GIVEN_WRONGLY = Symbol('given wrongly');

/** A secret from the environment or from the file that it names, never from both. */
function secretOf(
  name: string,
  environment: NodeJS.ProcessEnv,
  mistakes: string[],
): string | undefined | typeof GIVEN_WRONGLY {
  const [value, file] = [environment[name], environment[`${name}_FILE`]];
  if (!file) return value;
  if (value) {
    mistakes.push(`${name} and ${name}_FILE are both set: set one of them`);
    return GIVEN_WRONGLY;
  }
  try {
    const secret = readFileSync(file, 'utf8').trim();
    if (secret !== '') return secret;
    // An empty variable counts as not set; a file that was named was meant to hold something.
    mistakes.push(`${name}_FILE "${file}": is empty`);
    return GIVEN_WRONGLY;
  } catch (error) {
    mistakes.push(`${name}_FILE "${file}": cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
    return GIVEN_WRONGLY;
  }
}

/** The default of a variable as text for people; undefined where there is none, or none that may be shown. */
export function shownDefault(variable: Variable<unknown>): string | undefined {
  const { required, secret, default: value, defaultText } = variable;
  if (defaultText !== undefined) return defaultText;
  if (required || secret || value === undefined) return undefined;
  if (variable.format) return variable.format(value);
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.join(',');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Name and explanation of each variable, with its default, for `--help`. */
export function variableHelp(spec: EnvironmentSpec): [name: string, text: string][] {
  return Object.values(spec).map(([name, variable]) => {
    const fallback = shownDefault(variable);
    const behind = variable.required ? ' (required)' : fallback === undefined ? '' : ` (default: ${fallback})`;
    const orFile = variable.secret ? ` (or ${name}_FILE: a file that holds it)` : '';
    return [name, `${variable.description}${orFile}${behind}`];
  });
}
