import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { STREAM_NAMES } from '#libs/bus';
import { codecs, PROTO_FILES, PROTO_FOLDER, type MessageName } from '#libs/contracts';

import type { Finding } from '../../scripts/fuzz/findings.js';
import { fuzz } from '../../scripts/fuzz/fuzz.js';
import { Lane } from '../../scripts/fuzz/lane.js';
import { randomOf } from '../../scripts/fuzz/runner.js';
import { TARGETS } from '../../scripts/fuzz/targets.js';
import { describeFinding } from '../../scripts/fuzz/report.js';

const INPUTS = 1000;
const MISBEHAVING = new URL('_misbehaving-targets.js', import.meta.url).href;

test('what is damaged on purpose is read or refused by a code, at every door, and all others are served', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-fuzz-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const { findings, targets } = await fuzz({ inputs: INPUTS, seed: 'npm test', folder });
  assert.deepEqual(findings.map(describeFinding), []);
  assert.equal(targets.length, TARGETS.length);
  for (const { target, inputs, functions } of targets) {
    assert.ok(inputs > 0, target);
    assert.ok(functions > 0, `${target} runs code of ours`);
  }
});

test('every rpc, stream and message that is sent or stored has a target', () => {
  const names = new Set(TARGETS.map(({ name }) => name));
  const protos = PROTO_FILES.map((file) => readFileSync(path.join(PROTO_FOLDER, file), 'utf8')).join('\n');
  const rpcs = [...protos.matchAll(/^ *rpc (\w+)\(/gm)].map(([, name]) => `rpc-${name}`);
  assert.ok(rpcs.length > 20);
  assert.deepEqual(
    rpcs.filter((name) => !names.has(name)),
    [],
  );
  // Blobs are bytes: what is made of them, `checkpoint` and the weights of models are targets of their own.
  const streams = STREAM_NAMES.filter((stream) => !/BLOBS|INPUTS/.test(stream));
  assert.deepEqual(
    streams.map((stream) => `bus-${stream.toLowerCase().replaceAll('_', '-')}`).filter((name) => !names.has(name)),
    [],
  );
  const read = new Set(TARGETS.flatMap(({ reads = [] }) => reads));
  assert.deepEqual(
    Object.keys(codecs).filter((name) => !read.has(name as MessageName)),
    [],
  );
});

test('the same seed makes the same inputs, another one others', async () => {
  for (const target of TARGETS) {
    const { name } = target;
    const [make, again] = [await target.maker(), await target.maker()];
    const inputs = [0, 1, 2, 3, 4].map((index) => make(randomOf(name, 'a', index)).toString('base64'));
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((index) => again(randomOf(name, 'a', index)).toString('base64')),
      inputs,
      name,
    );
    const others = [0, 1, 2, 3, 4].map((index) => make(randomOf(name, 'b', index)).toString('base64'));
    assert.notDeepEqual(others, inputs, name);
  }
});

test('an error, a death, a hang and growing memory are found, at their input, and the others go on', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-fuzz-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const findings: Finding[] = [];
  await using lane = new Lane(path.join(folder, 'place'), (finding) => findings.push(finding), {
    module: MISBEHAVING,
    deadMs: 4000,
  });
  const run = async (target: string, to: number): Promise<Pick<Finding, 'kind' | 'index' | 'detail'>> => {
    findings.length = 0;
    const results = await lane.run({ target, seed: '1', from: 0, to });
    // What a process that died had done is not known.
    assert.ok(results.length > 0);
    assert.equal(findings.length, 1, target);
    return findings[0]!;
  };
  const expected = async (target: string, kind: string, index: number, detail: RegExp): Promise<void> => {
    const finding = await run(target, 5);
    assert.deepEqual([finding.kind, finding.index], [kind, index]);
    assert.match(finding.detail, detail);
  };
  await expected('throws', 'error', 2, /TypeError: a mistake/);
  await expected('throws-later', 'error', 2, /uncaught: RangeError: outside of the call/);
  await expected('slow', 'hang', 2, /ms a second time/);
  await expected('dies', 'died', 2, /SIGKILL/);
  await expected('hangs', 'hang', 2, /more than 4000 ms/);
  const memory = await run('holds', 251);
  assert.equal(memory.kind, 'memory');
});
