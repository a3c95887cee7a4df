/**
 * Fault test: the whole pipeline, twice on the same images; once left alone, once with every service, the broker
 * included, killed in turn. Long, so it has its own command: npm run test:faults.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';

const RECIPE = {
  name: 'faults',
  architecture: 'resnet10-slim',
  input: { height: 64, width: 64, channels: 1 },
  precision: 'float32',
  optimizer: { name: 'adam', learningRate: 0.001 },
  // More than the validation split holds: training then begins when the import has gone quiet, with the same samples in
  // both runs.
  batchSize: 32,
  epochs: 12,
  earlyStopping: null,
  transform: {
    name: 'faults-64',
    outputHeight: 64,
    outputWidth: 64,
    channels: 1,
    interpolation: 'bilinear',
    train: [
      { op: 'resize', height: 64, width: 64 },
      { op: 'randomHorizontalFlip', probability: 0.5 },
    ],
    eval: [{ op: 'resize', height: 64, width: 64 }],
    normalize: { mean: [0.5], std: [0.5] },
  },
  seed: 3,
};

interface Summary {
  images: { offered: number; ingested: number; duplicates: number; rejected: number; deadLettered: number };
  split: { train: number };
  training: { steps: number; epochs: number; samples: number };
  models: { version: string; validation: { loss: number; accuracy: number }; promoted: boolean }[];
  served: { failedRequests: number; requests: number };
  test: { confusion: number[][] };
}

const SERVICES = ['trainer', 'preprocess', 'predictor', 'nats-server'] as const;

describe('a run whose services are killed', { timeout: 900_000 }, () => {
  let folder: string;
  const running: ChildProcess[] = [];

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'sulcus-faults-'));
    writeFileSync(path.join(folder, 'recipe.json'), JSON.stringify(RECIPE));
  });

  after(() => {
    for (const child of running) child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  function startRun(name: string): { up: ChildProcess; summary: Promise<Summary>; output: () => string } {
    const json = path.join(folder, `${name}.json`);
    const up = spawn(
      process.execPath,
      [
        'scripts/sulcus.mjs',
        'up',
        '--once',
        '--no-live',
        '--phantoms',
        '40',
        '--recipe',
        path.join(folder, 'recipe.json'),
        '--state',
        path.join(folder, name),
        '--json',
        json,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_TEST_CONTEXT: '' } },
    );
    running.push(up);
    let text = '';
    for (const stream of [up.stdout, up.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const summary = new Promise<Summary>((resolve, reject) =>
      up.once('close', (code) =>
        code === 0
          ? resolve(JSON.parse(readFileSync(json, 'utf8')) as Summary)
          : reject(new Error(`exit ${code}\n${text}`)),
      ),
    );
    return { up, summary, output: () => text };
  }

  /** Kills a service of the run as `kill -9` does; false when it is not running at this moment. */
  function killService(launcher: number, service: string): boolean {
    const table = execFileSync('ps', ['-eo', 'pid,ppid,args'], { encoding: 'utf8' })
      .split('\n')
      .map((line) => line.trim().split(/\s+/));
    const childrenOf = (parent: number): number[] =>
      table.filter(([, ppid]) => Number(ppid) === parent).flatMap(([pid]) => [Number(pid), ...childrenOf(Number(pid))]);
    const family = childrenOf(launcher);
    const found = table.find(([pid, , ...words]) => family.includes(Number(pid)) && runs(words, service));
    if (!found) return false;
    process.kill(Number(found[0]), 'SIGKILL');
    return true;
  }

  const runs = (words: readonly string[], service: string): boolean =>
    service === 'nats-server'
      ? words[0]!.endsWith('/nats-server')
      : words.some((word) => /cli\/main\.[jt]s$/.test(word)) && words.at(-1) === service;

  it('accounts for every image, trains on each once per epoch, ends with the models of a run left alone', async () => {
    const calm = await startRun('calm').summary;

    const killed = startRun('killed');
    let kills = 0;
    const killing = (async () => {
      while (!/epoch \d+ step /.test(killed.output()) && killed.up.exitCode === null) await delay(200);
      for (let turn = 0; killed.up.exitCode === null && turn < 12; turn++) {
        if (killService(killed.up.pid!, SERVICES[turn % SERVICES.length]!)) kills++;
        await delay(1000);
      }
    })();
    const summary = await killed.summary;
    await killing;

    assert.ok(kills >= 3, `only ${kills} services were killed`);
    assert.deepEqual(summary.images, calm.images);
    assert.equal(
      summary.images.ingested + summary.images.duplicates + summary.images.rejected + summary.images.deadLettered,
      summary.images.offered,
    );
    assert.equal(summary.training.samples, summary.training.epochs * summary.split.train, 'each sample once per pass');
    assert.deepEqual(
      [summary.training.steps, summary.training.epochs, summary.training.samples],
      [calm.training.steps, calm.training.epochs, calm.training.samples],
    );
    assert.deepEqual(
      summary.models.map(({ validation }) => validation),
      calm.models.map(({ validation }) => validation),
      'the same weights, to the bit',
    );
    assert.deepEqual(summary.test.confusion, calm.test.confusion);
    assert.equal(summary.served.failedRequests, 0);
    console.log(`${kills} kills, ${summary.served.requests} requests, ${summary.served.failedRequests} failed`);
  });
});
