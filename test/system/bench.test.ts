import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { median, percentile, summarise } from '../../scripts/bench/measure.js';

const script = (name: string): string => fileURLToPath(new URL(`../../scripts/bench/${name}.js`, import.meta.url));
const run = (name: string, ...args: string[]) =>
  spawnSync(process.execPath, [script(name), ...args], { encoding: 'utf8' });

test('throughput is the median of the turns, percentiles and processor time are over all steps', () => {
  const turns = [
    { stepsMs: [100, 100], processorMs: 300 },
    { stepsMs: [50], processorMs: 90 },
    { stepsMs: [400], processorMs: 210 },
  ];
  assert.deepEqual(summarise(turns, 2, 7), {
    imagesPerSecond: 20,
    stepMs: { p50: 100, p95: 400 },
    peakRssBytes: 7,
    processorMsPerImage: 75,
  });
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(percentile([5, 1, 4, 2, 3], 0.5), 3);
  assert.equal(percentile([1], 0.95), 1);
});

for (const name of ['train', 'infer']) {
  test(`bench:${name} prints one JSON line with everything it measured`, () => {
    const { stdout, stderr, status } = run(
      name,
      '--model',
      'baseline-cnn',
      '--batch',
      '2',
      '--size',
      '32',
      '--precision',
      'float32',
      '--seconds',
      '1',
      '--json',
    );
    assert.equal(status, 0, stderr);
    assert.equal(stdout.trim().split('\n').length, 1);
    const result = JSON.parse(stdout) as Record<string, unknown> & {
      stepMs: { p50: number; p95: number };
      imagesPerSecond: number;
      peakRssBytes: number;
    };
    assert.deepEqual(Object.keys(result), [
      'model',
      'batch',
      'size',
      'precision',
      'imagesPerSecond',
      'stepMs',
      'peakRssBytes',
    ]);
    assert.ok(result.imagesPerSecond > 0 && result.stepMs.p50 <= result.stepMs.p95 && result.peakRssBytes > 1e8);
  });
}

test('bench:soak shows the memory over the steps, and its exit code says whether it is flat', () => {
  const { stdout, stderr, status } = run(
    'soak',
    '--model',
    'baseline-cnn',
    '--batch',
    '2',
    '--size',
    '32',
    '--steps',
    '30',
    '--json',
  );
  const { samples, growthBytes, flat } = JSON.parse(stdout) as {
    samples: { steps: number; rssBytes: number }[];
    growthBytes: number;
    flat: boolean;
  };
  assert.deepEqual(
    samples.map(({ steps }) => steps),
    Array.from({ length: 30 }, (_, index) => index + 1),
  );
  assert.ok(samples.every(({ rssBytes }) => rssBytes > 1e8));
  assert.equal(growthBytes, samples[29]!.rssBytes - samples[2]!.rssBytes);
  assert.equal(status, flat ? 0 : 1, stderr);
});

test('bench:serve measures a real predictor under load and under swaps, and prints one JSON line', () => {
  const small = [
    '--model',
    'baseline-cnn',
    '--size',
    '32',
    '--precision',
    'float32',
    '--input',
    'pixels',
    '--batch',
    '4',
  ];
  const { stdout, stderr, status } = run(
    'serve',
    ...small,
    '--concurrency',
    '2',
    '--rate',
    '10',
    '--engine',
    '--swaps',
    '2',
    '--swap-concurrency',
    '2',
    '--seconds',
    '1',
    '--rounds',
    '1',
    '--json',
  );
  assert.equal(status, 0, stderr);
  assert.equal(stdout.trim().split('\n').length, 1);
  type Latencies = { p50: number; p95: number; p99: number };
  type Load = {
    loop: string;
    level: number;
    imagesPerSecond: number;
    latencyMs: Latencies;
    requests: number;
    failed: object;
    meanBatchSize: number;
    processorMsPerImage: number;
  };
  type Swaps = {
    swaps: number;
    requests: number;
    failed: object;
    steady: Latencies;
    swapping: Latencies;
    swapMs: { p50: number };
    residentBytes: Record<string, number>;
  };
  const { loads, engine, swaps, comparisons } = JSON.parse(stdout) as {
    loads: Load[];
    engine: { batch: number; imagesPerSecond: number }[];
    swaps: Swaps;
    comparisons: { what: string; value: number }[];
  };
  assert.deepEqual(
    loads.map(({ loop, level, failed }) => [loop, level, failed]),
    [
      ['closed', 2, {}],
      ['open', 10, {}],
    ],
  );
  for (const { imagesPerSecond, latencyMs, meanBatchSize, processorMsPerImage, requests } of loads)
    assert.ok(
      imagesPerSecond > 0 &&
        requests > 0 &&
        processorMsPerImage > 0 &&
        latencyMs.p50 <= latencyMs.p99 &&
        meanBatchSize >= 1 &&
        meanBatchSize <= 4,
    );
  assert.deepEqual(
    engine.map(({ batch }) => batch),
    [1, 4],
  );
  assert.deepEqual([swaps.swaps, swaps.failed], [2, {}]);
  assert.ok(
    swaps.requests > 0 &&
      swaps.swapMs.p50 > 0 &&
      swaps.steady.p99 > 0 &&
      swaps.swapping.p99 > 0 &&
      Object.values(swaps.residentBytes).every((bytes) => bytes > 1e8),
  );
  assert.ok(comparisons.every(({ value }) => Number.isFinite(value)));
});

test('a mistake in the command line is one line on stderr and exit code 2', () => {
  const serving = run('serve', '--input', 'bmp');
  assert.deepEqual([serving.stdout, serving.status], ['', 2]);
  assert.match(serving.stderr, /--input "bmp": expected/);
  const { stdout, stderr, status } = run('infer', '--precision', 'int8', '--model', 'resnet51');
  assert.deepEqual([stdout, status], ['', 2]);
  assert.match(stderr, /^bench:infer: INVALID_CONFIG: --precision "int8": expected one of bf16, float32$/m);
  assert.match(stderr, /^bench:infer: INVALID_CONFIG: --model "resnet51": expected one of .*resnet50/m);
  assert.match(stderr, /^bench:infer: see npm run bench:infer -- --help$/m);
});

const SCRIPTS = {
  'bench:train': '--devices',
  'bench:infer': '--peer',
  'bench:soak': '--steps',
  'bench:allocators': '[candidate...]',
  'bench:preprocess': '--workers',
  'bench:serve': '--swaps',
  'bench:stream': '--arrivals',
  'test:gate': '--seed',
} as const;

for (const [name, shown] of Object.entries(SCRIPTS)) {
  test(`npm run ${name} -- --help explains its options, and an option that there is not is exit code 2`, () => {
    const file = name === 'test:gate' ? '../simulate/gate' : name.slice('bench:'.length);
    const help = run(file, '--help');
    assert.deepEqual([help.status, help.stderr], [0, '']);
    assert.match(help.stdout, new RegExp(`^Usage: npm run ${name} -- `));
    assert.ok(help.stdout.includes(shown), help.stdout);
    const wrong = run(file, '--no-such');
    assert.deepEqual([wrong.status, wrong.stdout], [2, '']);
    assert.match(wrong.stderr, /--no-such: there is no such option/);
  });
}
