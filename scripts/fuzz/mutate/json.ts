import type { Random } from '#libs/random';
import { choose, EDGE_NUMBERS, either, few } from './choose.js';
import { mutateParts } from './parts.js';
import { mutateText, oddText } from './text.js';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const DEEP = 5000;
/** Larger documents are refused by their size, before anybody reads them. */
const MAX_CHARS = 256 * 1024;

/** A JSON document of another, with values, names and kinds changed somewhere in it; seldom one that is none. */
export function mutateJson(random: Random, document: unknown): Buffer {
  let changed = document as Json;
  for (let count = 1 + few(random, 4); count > 0; count--) changed = mutateSomewhere(random, changed);
  const text = JSON.stringify(changed).slice(0, MAX_CHARS);
  if (random.chance(0.9)) return Buffer.from(text);
  return Buffer.from(random.chance(0.1) ? '['.repeat(DEEP) + text : mutateText(random, text));
}

/** One value, at any depth, is another. */
export function mutateSomewhere(random: Random, value: Json): Json {
  if (value === null || typeof value !== 'object' || random.chance(0.15)) return otherValue(random, value);
  if (Array.isArray(value))
    return random.chance(0.3)
      ? mutateParts(random, value, (each) => otherValue(random, each))
      : value.map((each, index) =>
          index === random.integer(0, value.length - 1) ? mutateSomewhere(random, each) : each,
        );
  const names = Object.keys(value);
  if (names.length === 0) return { [oddText(random)]: otherValue(random, null) };
  const name = choose(random, names);
  const { [name]: chosen, ...rest } = value;
  return either<Json>(
    random,
    () => rest,
    () => ({ ...rest, [mutateText(random, name)]: chosen! }),
    ...Array.from({ length: 6 }, () => () => ({ ...value, [name]: mutateSomewhere(random, chosen!) })),
    () => JSON.parse(`{"__proto__":${JSON.stringify(value)}}`) as Json,
  );
}

function otherValue(random: Random, value: Json): Json {
  return either<Json>(
    random,
    () => (typeof value === 'string' ? mutateText(random, value) : oddText(random)),
    () => (typeof value === 'number' ? -value : choose(random, EDGE_NUMBERS)),
    () => (typeof value === 'number' ? value + random.integer(-2, 2) : random.uniform(-2, 2)),
    () => choose(random, [null, true, false, [], {}, 1e308, -1, 0.5, '']),
    () => [value],
    () => ({ value }),
    () => Array.from({ length: few(random, 300) }, () => value),
  );
}
