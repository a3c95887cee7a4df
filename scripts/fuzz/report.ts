import { table } from '#libs/service';
import type { Finding } from './findings.js';
import type { FuzzResult } from './fuzz.js';

/** Of outcomes those that came most often. */
const SHOWN_OUTCOMES = 4;
const NUMBERS = new Set([1, 2, 3, 4, 5]);

/** One line for each target, and one for all. */
export function fuzzTable({ targets, findings, tookMs }: FuzzResult): string {
  const rows = targets.map(({ target, inputs, processorMs, slowestMs, outcomes, functions, blocks }) => [
    target,
    String(inputs),
    (processorMs / Math.max(1, inputs)).toFixed(1),
    slowestMs.toFixed(0),
    String(functions),
    String(blocks),
    Object.entries(outcomes)
      .sort(([, left], [, right]) => right - left)
      .slice(0, SHOWN_OUTCOMES)
      .map(([outcome, count]) => `${count} ${outcome}`)
      .join(', '),
  ]);
  const head = ['target', 'inputs', 'cpu ms each', 'slowest ms', 'functions', 'blocks', 'outcomes'];
  const total = targets.reduce((sum, { inputs }) => sum + inputs, 0);
  const last = `${total} inputs in ${(tookMs / 1000).toFixed(0)} s: ${findings.length} findings`;
  return [...table([head, ...rows], NUMBERS), last].join('\n');
}

/** What was found, and how to see it again. */
export function describeFinding({ target, seed, index, kind, detail, file }: Finding): string {
  const again = `npm run test:fuzz -- --only ${target} --seed ${seed} --from ${index} --inputs 1`;
  return [`${target} ${kind}: ${detail}`, `  again: ${again}`, ...(file ? [`  input: ${file}`] : [])].join('\n');
}
