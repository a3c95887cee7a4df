import { parseArgs } from 'node:util';
import { SulcusError } from '#libs/errors';
import { countOf } from './options.js';

/** What the preprocess benchmark is asked to run. */
export interface PreprocessBenchOptions {
  /**
   * `jpeg`: files are read and decoded in every pass. `cache`: prepared images are in memory, as from the second pass
   * on.
   */
  readonly source: 'jpeg' | 'cache';
  /** Threads; with `--peer`, PyTorch's loader gets as many processes. */
  readonly workers: number;
  /** Images per batch. */
  readonly batch: number;
  /** Height and width of the result, in pixels. */
  readonly size: number;
  /** Components of the files: 3, as in the brain tumour data set (grey stored as colour), or 1. */
  readonly components: 1 | 3;
  /** Time to measure, per party. */
  readonly seconds: number;
  readonly json: boolean;
  /** Measure torchvision in turns with us. */
  readonly peer: boolean;
  readonly rounds: number;
  /** Of torchvision: `files`, or `memory` (decoded before). */
  readonly variants: readonly string[];
}

/** @throws INVALID_ARGUMENT naming the mistake */
export function parsePreprocessOptions(argv: readonly string[]): PreprocessBenchOptions {
  const { values } = read(argv);
  const source = oneOf('source', values.source ?? 'jpeg', ['jpeg', 'cache'] as const);
  return {
    source,
    workers: countOf('workers', values.workers, 2),
    batch: countOf('batch', values.batch, 64),
    size: countOf('size', values.size, 244),
    components: oneOf('components', values.components ?? '3', ['1', '3'] as const) === '1' ? 1 : 3,
    seconds: countOf('seconds', values.seconds, 20),
    json: values.json ?? false,
    peer: values.peer ?? false,
    rounds: countOf('rounds', values.rounds, 3),
    variants: (values.variants ?? 'files')
      .split(',')
      .map((variant) => oneOf('variants', variant, ['files', 'memory'] as const)),
  };
}

function oneOf<T extends string>(name: string, given: string, allowed: readonly T[]): T {
  const found = allowed.find((value) => value === given);
  if (found === undefined)
    throw new SulcusError('INVALID_ARGUMENT', `--${name} must be ${allowed.join(' or ')}, got "${given}"`);
  return found;
}

function read(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...argv],
      options: {
        source: text,
        workers: text,
        batch: text,
        size: text,
        components: text,
        seconds: text,
        rounds: text,
        variants: text,
        json: flag,
        peer: flag,
      },
    });
  } catch (error) {
    throw new SulcusError('INVALID_ARGUMENT', error instanceof Error ? error.message : String(error));
  }
}
