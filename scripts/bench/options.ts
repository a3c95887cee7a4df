import { choice, flag, integer, list, number, optional, text } from '#libs/config';
import { listModels, type NetworkConfig, type Precision } from '#libs/nn';
import type { ParsedOptions } from '#libs/service';

interface NetworkDefaults {
  readonly batch: number;
  readonly model?: string;
  readonly size?: number;
}

/** Which network is measured, on what. */
export const networkOptions = ({ batch, model = 'resnet50', size = 224 }: NetworkDefaults) =>
  ({
    model: ['--model <name>', choice(listModels(), { default: model, description: 'network (see sulcus models)' })],
    batch: ['--batch <images>', integer({ min: 1, max: 4096, default: batch, description: 'images per call' })],
    size: [
      '--size <pixels>',
      integer({ min: 1, max: 4096, default: size, description: 'height and width of the images' }),
    ],
    precision: [
      '--precision <kind>',
      choice(['bf16', 'float32'], { default: 'float32', description: 'bf16 or float32' }),
    ],
  }) as const;

/** How a training step is spread. */
export const shardOptions = {
  shards: ['--shards <n>', integer({ min: 1, max: 64, default: 1, description: 'shards of a training step' })],
  devices: [
    '--devices <list>',
    optional(text({ description: 'what they are spread over, as SULCUS_DEVICES says it, for example cpu:2' })),
  ],
} as const;

/** How long is measured, and how it is told. */
export const measureOptions = {
  seconds: [
    '--seconds <time>',
    number({
      min: 0.1,
      max: 86_400,
      default: 20,
      description: 'seconds to measure each party; warming up is not in it',
    }),
  ],
  json: ['--json', flag({ default: false, description: 'one JSON line instead of a table' })],
} as const;

export const roundsOption = [
  '--rounds <n>',
  integer({ min: 1, max: 100, default: 3, description: 'turns that the time is divided into, when there are several' }),
] as const;

/** @param variants the peer's ways of doing the same, for people */
export const peerOptions = (variants: string) =>
  ({
    peer: [
      '--peer',
      flag({ default: false, description: 'measure PyTorch beside, in turns (see scripts/bench/README.md)' }),
    ],
    variants: [
      '--variants <list>',
      optional(list({ minLength: 1, description: `its ways, comma-separated: ${variants} (default: all that apply)` })),
    ],
    rounds: roundsOption,
  }) as const;

/** What is known of any benchmark of a network. */
export type NetworkOptions = ParsedOptions<ReturnType<typeof networkOptions>>;

/** What a benchmark beside PyTorch is asked to run; only training has shards. */
export type BenchOptions = NetworkOptions &
  ParsedOptions<typeof measureOptions> &
  ParsedOptions<ReturnType<typeof peerOptions>> &
  Partial<ParsedOptions<typeof shardOptions>>;

/** Four classes, as the peers have. */
const CLASSES = 4;

/** The network of a benchmark: RGB images, values normalised around 0. */
export const networkConfig = ({
  model,
  size,
  precision,
}: Pick<NetworkOptions, 'model' | 'size' | 'precision'>): NetworkConfig => ({
  architecture: model,
  classes: CLASSES,
  input: { height: size, width: size, channels: 3 },
  normalize: { mean: [0.5], std: [0.5] },
  precision: ({ bf16: 'bfloat16', float32: 'float32' } as const satisfies Record<string, Precision>)[precision],
});
