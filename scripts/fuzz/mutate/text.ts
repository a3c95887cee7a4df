import type { Random } from '#libs/random';
import { choose, EDGE_NUMBERS, either, few } from './choose.js';

/** Words that programs trip over. */
const WORDS = [
  ...['', ' ', '\0', '\n', '\r\n', '"', "'", '""', '\\', '/', '..', '../../etc/passwd', '/dev/zero', '.', '~', '*'],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'null', 'undefined', 'NaN', 'true'],
  ...['-1', '0', '1e309', '-0', '0x10', '1e-400', '9007199254740993', '999999999999999999999', '1_000', '١٢', '½'],
  ...['\uFEFF', '\uD800', '\u202E', 'ß', 'İ', 'e\u0301', '💥', '%00', '%', '%zz', '{{7*7}}', '${x}', '`id`', ';'],
  ...['a'.repeat(300), 'é'.repeat(5000), ','.repeat(1000), '('.repeat(2000), '[]'.repeat(500), '\t'.repeat(50)],
];

export const oddText = (random: Random): string =>
  either(
    random,
    () => choose(random, WORDS),
    () => String(choose(random, EDGE_NUMBERS)),
    () => String.fromCodePoint(...Array.from({ length: few(random, 20) }, () => random.integer(0, 0xd7ff))),
  );

/** A text with a part of it changed. */
export function mutateText(random: Random, text: string): string {
  const at = random.integer(0, text.length);
  const end = at + few(random, text.length - at);
  return either(
    random,
    () => text.slice(0, at) + oddText(random) + text.slice(at),
    () => text.slice(0, at) + oddText(random) + text.slice(end),
    () => text.slice(0, at) + text.slice(end),
    () => text.slice(0, end) + text.slice(at),
    () => oddText(random),
    () => text.toUpperCase(),
    () => text.slice(0, at),
  );
}
