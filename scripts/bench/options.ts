import { parseArgs } from 'node:util';
import { SulcusError } from '#libs/errors';
import { getModel, type NetworkConfig, type Precision } from '#libs/nn';

/** What a benchmark is asked to run. */
export interface BenchOptions {
  readonly model: string;
  /** Images per call. */
  readonly batch: number;
  /** Height and width of the images, in pixels. */
  readonly size: number;
  /** As written on the command line and in the result. */
  readonly precision: 'bf16' | 'float32';
  /** Shards of a training step. */
  readonly shards: number;
  /** What they are spread over, as SULCUS_DEVICES says it. */
  readonly devices?: string | undefined;
  /** Time to measure, per party; warming up comes on top. */
  readonly seconds: number;
  /** Steps of a soak. */
  readonly steps: number;
  /** One JSON line instead of a table. */
  readonly json: boolean;
  /** Measure PyTorch in turns with us. */
  readonly peer: boolean;
  /** Turns each party gets with `--peer`. */
  readonly rounds: number;
  /** PyTorch's ways to measure, comma-separated; those of the benchmark when not given. */
  readonly variants?: readonly string[];
  /** Allocators to measure, each a name and an environment. */
  readonly candidates?: readonly string[] | undefined;
}

const POSITIVE = /^[1-9][0-9]*$/;

/** The whole number that an option gives, from 1. @throws INVALID_ARGUMENT */
export function countOf(name: string, given: string | undefined, fallback: number): number {
  if (given === undefined) return fallback;
  if (!POSITIVE.test(given))
    throw new SulcusError('INVALID_ARGUMENT', `--${name} must be a whole number from 1, got "${given}"`);
  return Number(given);
}

/**
 * Reads a benchmark's command line.
 * @throws INVALID_ARGUMENT naming the mistake; NOT_FOUND for an unknown model
 */
export function parseOptions(
  argv: readonly string[],
  defaults: { batch: number; model?: string; size?: number },
): BenchOptions {
  const { values } = read(argv);
  const count = (name: 'batch' | 'size' | 'seconds' | 'steps' | 'rounds', fallback: number): number =>
    countOf(name, values[name], fallback);
  const precision = values.precision ?? 'float32';
  if (precision !== 'bf16' && precision !== 'float32')
    throw new SulcusError('INVALID_ARGUMENT', `--precision must be bf16 or float32, got "${precision}"`);
  const model = values.model ?? defaults.model ?? 'resnet50';
  getModel(model);
  return {
    model,
    batch: count('batch', defaults.batch),
    size: count('size', defaults.size ?? 224),
    precision,
    shards: countOf('shards', values.shards, 1),
    devices: values.devices,
    seconds: count('seconds', 20),
    steps: count('steps', 2000),
    json: values.json ?? false,
    peer: values.peer ?? false,
    rounds: count('rounds', 3),
    variants: values.variants?.split(','),
    candidates: values.candidate,
  };
}

function read(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        model: { type: 'string' },
        batch: { type: 'string' },
        size: { type: 'string' },
        precision: { type: 'string' },
        shards: { type: 'string' },
        devices: { type: 'string' },
        seconds: { type: 'string' },
        steps: { type: 'string' },
        rounds: { type: 'string' },
        variants: { type: 'string' },
        candidate: { type: 'string', multiple: true },
        json: { type: 'boolean' },
        peer: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new SulcusError('INVALID_ARGUMENT', error instanceof Error ? error.message : String(error));
  }
}

/** Four classes, as the peers have. */
const CLASSES = 4;

/** The network of a benchmark: RGB images, values normalised around 0. */
export const networkConfig = ({
  model,
  size,
  precision,
}: Pick<BenchOptions, 'model' | 'size' | 'precision'>): NetworkConfig => ({
  architecture: model,
  classes: CLASSES,
  input: { height: size, width: size, channels: 3 },
  normalize: { mean: [0.5], std: [0.5] },
  precision: ({ bf16: 'bfloat16', float32: 'float32' } as const satisfies Record<string, Precision>)[precision],
});
