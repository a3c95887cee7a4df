import { existsSync } from 'node:fs';

/**
 * Kinds of environment variable. Each turns text into a typed value; a kind throws a plain Error whose
 * message says what is expected, and {@link parseEnvironment} adds the variable's name.
 */
export interface Variable<T> {
  /** Turns the text into the value. Throws an Error that says what was expected. */
  parse(text: string): T;
  /** Value when the variable is not set; absent for required variables. */
  default?: T;
  /** What is said of the default instead of its value, for one that depends on the machine. */
  defaultText?: string;
  /** How a value is written, where JSON would not be what people type. */
  format?(value: T): string;
  required: boolean;
  /** One line for `--help`. */
  description: string;
  secret?: boolean;
}

type Options<T> = { default?: T; defaultText?: string; description: string };

function variable<T>(parse: (text: string) => T, options: Options<T>): Variable<T> {
  return {
    parse,
    description: options.description,
    required: options.default === undefined,
    ...(options.default === undefined ? {} : { default: options.default }),
    ...(options.defaultText === undefined ? {} : { defaultText: options.defaultText }),
  };
}

/** A value that must not be printed: `String()`, JSON and `util.inspect` show asterisks. */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return '***';
  }
  toJSON(): string {
    return '***';
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return 'Secret(***)';
  }
}

/** Any non-empty text. */
export const text = (options: Options<string>): Variable<string> => variable((value) => value, options);

/** A file or folder that exists. */
export const existingPath = (options: Options<string>): Variable<string> =>
  variable((value) => {
    if (!existsSync(value)) throw new Error('there is no such file or folder');
    return value;
  }, options);

/** Text that is never printed. */
export const secret = (options: { default?: Secret; description: string }): Variable<Secret> => ({
  ...variable((value) => new Secret(value), options),
  secret: true,
});

/** A whole number between `min` and `max`. */
export function integer(options: Options<number> & { min?: number; max?: number }): Variable<number> {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = options;
  return variable((value) => {
    const parsed = Number(value);
    if (!Number.isSafeInteger(parsed) || parsed < min || parsed > max)
      throw new Error(`expected a whole number from ${min} to ${max}`);
    return parsed;
  }, options);
}

/** A finite number between `min` and `max`. */
export function number(options: Options<number> & { min?: number; max?: number }): Variable<number> {
  const { min = -Number.MAX_VALUE, max = Number.MAX_VALUE } = options;
  return variable((value) => {
    const parsed = value.trim() === '' ? Number.NaN : Number(value);
    if (!Number.isFinite(parsed) || parsed < min || parsed > max)
      throw new Error(`expected a number from ${min} to ${max}`);
    return parsed;
  }, options);
}

/** `true`/`1`/`yes` or `false`/`0`/`no`. */
export const flag = (options: Options<boolean>): Variable<boolean> =>
  variable((value) => {
    if (/^(true|1|yes)$/i.test(value)) return true;
    if (/^(false|0|no)$/i.test(value)) return false;
    throw new Error('expected true or false');
  }, options);

/** One of a fixed set of words. */
export const choice = <const T extends string>(values: readonly T[], options: Options<T>): Variable<T> =>
  variable((value) => {
    const found = values.find((candidate) => candidate === value);
    if (found === undefined) throw new Error(`expected one of ${values.join(', ')}`);
    return found;
  }, options);

/** Comma-separated words, blanks around them dropped. */
export const list = (options: Options<readonly string[]> & { minLength?: number }): Variable<readonly string[]> =>
  variable((value) => {
    const words = value
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '');
    if (words.length < (options.minLength ?? 0))
      throw new Error(`expected at least ${options.minLength} comma-separated values`);
    if (new Set(words).size !== words.length) throw new Error('expected distinct values');
    return words;
  }, options);

/** Comma-separated whole numbers between `min` and `max`. */
export function integers(
  options: Options<readonly number[]> & { min?: number; max?: number },
): Variable<readonly number[]> {
  const words = list({ description: options.description });
  const { min, max } = options;
  const word = integer({ min, max, description: options.description });
  return variable((value) => words.parse(value).map((each) => word.parse(each)), options);
}

const DURATION_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The largest unit that divides an amount, with how many of it: `10m`, `64MiB`. */
function inUnits(amount: number, units: Readonly<Record<string, number>>): string {
  const smallestFirst = Object.entries(units).sort(([, a], [, b]) => a - b);
  const [unit, size] = smallestFirst.findLast(([, each]) => amount >= each && amount % each === 0) ?? smallestFirst[0]!;
  return `${amount / size}${unit}`;
}

/** A length of time such as `250ms`, `30s`, `5m`, `2h`, `7d`; the value is milliseconds. */
export const duration = (options: Options<number>): Variable<number> => ({
  ...variable((value) => {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(value.trim());
    if (!match) throw new Error('expected a duration such as 250ms, 30s, 5m, 2h or 7d');
    return Number(match[1]) * DURATION_MS[match[2] as keyof typeof DURATION_MS];
  }, options),
  format: (value) => inUnits(value, DURATION_MS),
});

const BYTES = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
} as const;

/** Units that amounts are shown in. */
const SHOWN_BYTES = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const;

/** An amount of memory or disk such as `8MB`, `512MiB` or a plain number of bytes; the value is bytes. */
export const bytes = (options: Options<number>): Variable<number> => ({
  ...variable((value) => {
    const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?i?B)?$/i.exec(value.trim());
    if (!match) throw new Error('expected an amount such as 8MB, 512MiB or a number of bytes');
    return Math.round(Number(match[1]) * BYTES[(match[2] ?? 'B').toUpperCase() as keyof typeof BYTES]);
  }, options),
  format: (value) => inUnits(value, SHOWN_BYTES),
});

/** A name that is safe as a subject token: lower-case letters, digits and '-', at most 32 characters. */
export const site = (options: Options<string>): Variable<string> =>
  variable((value) => {
    if (!/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/.test(value))
      throw new Error("expected 1 to 32 lower-case letters, digits or '-', not at the ends");
    return value;
  }, options);

/** Makes a kind optional: the value is undefined when the variable is not set. */
export const optional = <T>(inner: Variable<T>): Variable<T | undefined> => ({ ...inner, required: false });
