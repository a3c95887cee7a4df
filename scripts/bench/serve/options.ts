import { choice, flag, integer, integers, number } from '#libs/config';
import { SulcusError } from '#libs/errors';
import { listModels } from '#libs/nn';
import { parseCommandLine } from '#libs/service';
import { commandName } from '../run.js';

const options = {
  model: ['--model <name>', choice(listModels(), { default: 'resnet50', description: 'network (see sulcus models)' })],
  size: [
    '--size <pixels>',
    integer({ min: 16, max: 4096, default: 224, description: 'height and width of its input' }),
  ],
  precision: ['--precision <kind>', choice(['bf16', 'float32'], { default: 'bf16', description: 'bf16 or float32' })],
  input: [
    '--input <kind>',
    choice(['jpeg', 'pixels'], {
      default: 'jpeg',
      description:
        'jpeg: encoded 512 px images to sulcus.v1.Predictor; pixels: raw UINT8 to inference.GRPCInferenceService',
    }),
  ],
  batch: [
    '--batch <images>',
    integer({ min: 1, max: 1024, default: 16, description: 'SULCUS_BATCH_SIZE of the predictor' }),
  ],
  concurrency: [
    '--concurrency <list>',
    integers({
      min: 1,
      max: 10_000,
      default: [1, 8, 64],
      description: 'callers that each ask again when they are answered',
    }),
  ],
  rate: [
    '--rate <list>',
    integers({
      min: 1,
      max: 100_000,
      default: [],
      description: 'open loop: requests per second that arrive whether or not the ones before are answered',
    }),
  ],
  seconds: [
    '--seconds <time>',
    number({ min: 0.1, max: 3600, default: 20, description: 'seconds to measure each kind of load, per party' }),
  ],
  rounds: ['--rounds <n>', integer({ min: 1, max: 100, default: 3, description: 'turns that time is divided into' })],
  unbatched: [
    '--unbatched',
    flag({ default: false, description: 'also a predictor with SULCUS_BATCH_SIZE=1, in turns' }),
  ],
  tls: [
    '--tls',
    flag({ default: false, description: 'also a predictor with mutual TLS and an access policy, in turns' }),
  ],
  badRequests: [
    '--bad-requests <n>',
    integer({
      min: 0,
      max: 1_000_000,
      default: 0,
      description: 'bad requests of every kind in all, with windows of --seconds in all beside them without',
    }),
  ],
  badRate: ['--bad-rate <n>', integer({ min: 1, max: 10_000, default: 25, description: 'bad requests per second' })],
  engine: [
    '--engine',
    flag({ default: false, description: "also the engine's own time at batch 1 and --batch, in turns" }),
  ],
  swaps: [
    '--swaps <n>',
    integer({
      min: 0,
      max: 100_000,
      default: 0,
      description: 'swaps of the model version under load, with windows of --seconds in all beside them without',
    }),
  ],
  swapConcurrency: [
    '--swap-concurrency <n>',
    integer({ min: 1, max: 1000, default: 16, description: 'callers during the swaps' }),
  ],
  sources: ['--sources', flag({ default: false, description: 'run the predictor from its sources instead of dist/' })],
  json: ['--json', flag({ default: false, description: 'one JSON line instead of tables' })],
} as const;

export type ServeBenchOptions = NonNullable<ReturnType<typeof readServeOptions>>;

/**
 * Reads the command line; undefined when `--help` was asked for and answered.
 *
 * @throws INVALID_CONFIG naming every mistake
 */
export function readServeOptions(argv: readonly string[]) {
  const parsed = parseCommandLine(
    {
      name: commandName('serve'),
      description: 'Measures a predictor process under load over gRPC: throughput, latencies, batches, swaps.',
      options,
    },
    argv,
  );
  if (!parsed) return undefined;
  if (parsed.options.swaps === 1) throw new SulcusError('INVALID_CONFIG', '--swaps 1: to and fro is two swaps');
  return parsed.options;
}
