/**
 * Whether weights depend on the devices that computed them: `npm run test:devices`. Trains networks in four shards with
 * every optimizer, in both precisions, with dropout and uneven batches, on one virtual device of the processor and on
 * several. Prints the hash of each result, and ends with 1 where devices disagree. Takes minutes, so it is no test.
 *
 *   npm run test:devices [-- WORD…]     only the trainings whose name holds a word, such as resnet18 or bfloat16
 */
import type { Engine } from '#libs/engine';
import type { NetworkConfig, OptimizerConfig, TrainingConfig } from '#libs/nn';
import { tableLine } from '#libs/service';
import { SHARDS, smallNetwork, startOn, trainOn, type ShardedTraining } from './train.js';

/** One, divisors of the number of shards, and a number that divides it not. */
const DEVICES = ['cpu', 'cpu:2', 'cpu:3', 'cpu:4'] as const;

const STEPS = 20;
const FULL_BATCH = 16;
/** The last of an epoch: shards of two and three images. */
const LAST_BATCH = 11;

const OPTIMIZERS: Readonly<Record<string, OptimizerConfig>> = {
  adam: { name: 'adam', learningRate: 0.001 },
  adamw: { name: 'adamw', learningRate: 0.001 },
  sgd: { name: 'sgd', learningRate: 0.05 },
  'sgd, momentum': { name: 'sgd', learningRate: 0.01, momentum: 0.9 },
};
const PRECISIONS: readonly NetworkConfig['precision'][] = ['float32', 'bfloat16'];
const WEIGHTED: TrainingConfig = { classWeights: [1, 2, 1, 0.5], labelSmoothing: 0.1 };

interface Case extends ShardedTraining {
  readonly name: string;
}

function makeCase(
  architecture: string,
  precision: NetworkConfig['precision'],
  optimizer: keyof typeof OPTIMIZERS,
  { training, also }: { training?: TrainingConfig; also?: string } = {},
): Case {
  return {
    name: [architecture, precision, optimizer, ...(also === undefined ? [] : [also])].join(', '),
    network: smallNetwork(architecture, precision),
    optimizer: OPTIMIZERS[optimizer]!,
    training,
    rows: Array.from({ length: STEPS }, (_, step) => ((step + 1) % 5 === 0 ? LAST_BATCH : FULL_BATCH)),
  };
}

const CASES: readonly Case[] = [
  ...['resnet18', 'resnet10-slim'].flatMap((architecture) =>
    PRECISIONS.flatMap((precision) =>
      Object.keys(OPTIMIZERS).map((optimizer) => makeCase(architecture, precision, optimizer)),
    ),
  ),
  ...PRECISIONS.map((precision) => makeCase('mobilenet_v3_small', precision, 'adamw', { also: 'dropout' })),
  makeCase('resnet10-slim', 'float32', 'adam', { training: WEIGHTED, also: 'class weights and smoothing' }),
];

const SHOWN_DIGITS = 12;
const WIDTHS = [Math.max(...CASES.map(({ name }) => name.length)), ...DEVICES.map(() => SHOWN_DIGITS)];

/** Devices take turns case by case, so that each row is shown as soon as it is known. */
async function check(engines: readonly Engine[], cases: readonly Case[]): Promise<number> {
  let differing = 0;
  for (const each of cases) {
    const hashes: string[] = [];
    for (const engine of engines) hashes.push(await trainOn(engine, each));
    const same = new Set(hashes).size === 1;
    if (!same) differing++;
    const shown = hashes.map((hash) => hash.slice(0, SHOWN_DIGITS));
    console.log(tableLine([each.name, ...shown, ...(same ? [] : ['DIFFERS'])], [...WIDTHS, 0]));
  }
  return differing;
}

const words = process.argv.slice(2);
const cases = CASES.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
if (cases.length === 0) throw new Error(`No training's name holds ${words.join(' or ')}`);
const engines = await Promise.all(DEVICES.map((devices) => startOn(devices)));
try {
  console.log(`SHA-256 of weights, statistics and slots after ${STEPS} steps in ${SHARDS} shards, first digits`);
  console.log(tableLine(['', ...DEVICES], WIDTHS));
  const differing = await check(engines, cases);
  console.log(`${cases.length - differing} of ${cases.length} the same on all devices`);
  if (differing > 0) process.exitCode = 1;
} finally {
  await Promise.all(engines.map((engine) => engine.close()));
}
