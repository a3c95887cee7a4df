import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { ArchiveIndex } from '#libs/archive';
import { connectBus } from '#libs/bus';
import type { EngineInfo } from '#libs/engine';
import { startNats } from '../../../helpers/nats.js';
import { brokerFindings } from '../../../../services/cli/doctor/broker.js';
import { devicesFinding } from '../../../../services/cli/doctor/devices.js';
import { engineFinding, engineFindings } from '../../../../services/cli/doctor/engine.js';
import { allWell, renderFindings, type Finding } from '../../../../services/cli/doctor/finding.js';

const CLI = path.join(import.meta.dirname, '../../../../services/cli/main.js');
const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-doctor-'));
after(() => rmSync(folder, { recursive: true }));

const ON_CPU: EngineInfo = {
  kind: 'tensorflow',
  library: 'tensorflow',
  version: '2.21.0',
  devices: ['CPU:0'],
  shardDevices: ['CPU:0'],
  precision: { bf16: true },
  oneDnn: true,
  customConvolutionTypes: ['float32', 'bfloat16'],
  customBatchNormTypes: [],
  customAllocator: false,
};

/** Runs `work` with these variables set. */
async function withEnvironment<T>(variables: Readonly<Record<string, string>>, work: () => Promise<T>): Promise<T> {
  const before = Object.fromEntries(Object.keys(variables).map((name) => [name, process.env[name]]));
  Object.assign(process.env, variables);
  try {
    return await work();
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

describe('sulcus doctor', () => {
  test('on a machine that is well: one JSON object with what was found, exit code 0, no password', async () => {
    const nats = await startNats();
    try {
      const url = nats.url.replace('://', '://user:geheim@');
      const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, CLI, 'doctor', '--json'], {
        env: { ...process.env, SULCUS_NATS_URL: url },
      });
      assert.doesNotMatch(stdout, /geheim/);
      const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
      assert.equal(ok, true);
      const facts = (topic: string): Finding['facts'] => findings.find((finding) => finding.topic === topic)!.facts;
      assert.equal(facts('Node.js')!['node'], process.versions.node);
      assert.equal(typeof facts('engine')!['version'], 'string');
      assert.ok(Array.isArray(facts('engine')!['customConvolutionTypes']));
      assert.ok(Array.isArray(facts('devices')!['devices']));
      assert.match(String(facts('broker')!['serverVersion']), /^2\.\d+/);
      assert.ok(Number(facts('broker')!['maxPayloadBytes']) > 0);
      assert.ok(findings.filter(({ topic }) => topic === 'self-check').length >= 1);
      assert.deepEqual(
        findings.filter(({ status }) => status === 'problem'),
        [],
      );
    } finally {
      await nats.stop();
    }
  });

  test('says how full SCANS is and how the archiver does, with what to do', async () => {
    const nats = await startNats();
    try {
      await using bus = await connectBus({ servers: nats.url, name: 'test' });
      const archive = async (): Promise<Finding | undefined> =>
        (await brokerFindings({ url: nats.url, named: true })).find(({ topic }) => topic === 'archive');
      assert.equal(await archive(), undefined, 'no streams yet');
      await bus.ensureTopology();
      assert.match((await archive())!.text, /SCANS 0\.0 MB of 8\.0 GB, .*no archiver runs/);
      const counts = { scansBytes: 0, scansMaxBytes: 0, archived: 5, archivedBytes: 10, restored: 0, lost: 0 };
      const index = new ArchiveIndex(bus);
      await index.saveState({ state: 'ready', message: '', ...counts, updatedUnixMs: Date.now() });
      assert.equal((await archive())!.status, 'ok');
      await index.saveState({ state: 'unavailable', message: 'disk full', ...counts, updatedUnixMs: Date.now() });
      const away = (await archive())!;
      assert.equal(away.status, 'warning');
      assert.match(`${away.text} ${away.advice}`, /NOT ARCHIVING: disk full.*SULCUS_ARCHIVE/);
    } finally {
      await nats.stop();
    }
  });

  test('a broker that was named and does not answer prevents running, one that nobody named does not', async () => {
    const url = 'nats://user:geheim@127.0.0.1:9';
    const [, named] = await brokerFindings({ url, named: true });
    assert.equal(named!.status, 'problem');
    assert.match(named!.text, /No NATS server answers at 127\.0\.0\.1:9/);
    assert.doesNotMatch(JSON.stringify(named), /geheim/);
    const [, unnamed] = await brokerFindings({ url, named: false });
    assert.equal(unnamed!.status, 'ok');
  });

  test('a nats-server that is too old prevents running, unless a broker runs already', async () => {
    const old = path.join(folder, 'nats-server');
    writeFileSync(old, '#!/bin/sh\necho "nats-server: v2.10.26"\n');
    chmodSync(old, 0o755);
    const [program] = await withEnvironment({ SULCUS_NATS_SERVER: old }, () =>
      brokerFindings({ url: 'nats://127.0.0.1:9', named: false }),
    );
    assert.equal(program!.status, 'problem');
    assert.match(program!.text, /is nats-server 2\.10\.26; at least 2\.10\.27/);
    const nats = await startNats();
    try {
      const [dispensable, broker] = await withEnvironment({ SULCUS_NATS_SERVER: old }, () =>
        brokerFindings({ url: nats.url, named: true }),
      );
      assert.deepEqual([dispensable!.status, broker!.status], ['warning', 'ok']);
    } finally {
      await nats.stop();
    }
  });

  test('an engine whose number format does not work is found out by its self-check', async (t) => {
    // oneDNN then has no kernels for bfloat16, while the processor says that it can.
    const findings = await withEnvironment({ ONEDNN_MAX_CPU_ISA: 'AVX2' }, engineFindings);
    if (!findings.some(({ topic, facts }) => topic === 'engine' && facts?.['oneDnn'] === true))
      return t.skip('needs oneDNN kernels');
    const checks = findings.filter(({ topic }) => topic === 'self-check');
    if (checks.length < 2) return t.skip('needs a processor with bfloat16');
    assert.deepEqual(
      checks.map(({ status }) => status),
      ['ok', 'problem'],
    );
    assert.match(checks[1]!.advice!, /precision "float32"/);
    assert.equal(allWell(findings), false);
  });

  test('the devices of training are named, and one that is not there is a problem', async () => {
    const found = (devices: string): Promise<Finding> =>
      withEnvironment({ SULCUS_DEVICES: devices }, async () => devicesFinding(ON_CPU));
    const two = 'a recipe with shards trains on 2 devices: CPU:0, CPU:1 (SULCUS_DEVICES=cpu:2)';
    const { status, text, facts } = await found('cpu:2');
    assert.deepEqual([status, text, facts!['devices']], ['ok', two, ['CPU:0', 'CPU:1']]);
    assert.equal((await found('auto')).text, 'a recipe with shards trains on one device: CPU:0 (SULCUS_DEVICES=auto)');
    for (const [wrong, cause] of [
      ['gpu:99', /SULCUS_DEVICES names gpu:99, but th/],
      ['gpu', /SULCUS_DEVICES "gpu": expected auto, cpu/],
    ] as const) {
      const { status, text, advice } = await found(wrong);
      assert.equal(status, 'problem');
      assert.match(text, cause);
      assert.match(advice!, /SULCUS_DEVICES/);
    }
  });

  test("the engine's line names its custom kernels, their element types and its allocator, or that it has none", () => {
    const described = (changes: Partial<EngineInfo>): Finding => engineFinding({ ...ON_CPU, ...changes });
    const { text, facts } = described({});
    assert.equal(
      text,
      'tensorflow 2.21.0 (CPU:0), oneDNN kernels, custom kernels for convolutions in float32 and bfloat16',
    );
    assert.equal(described({ customAllocator: true }).text, `${text}, custom allocator`);
    assert.deepEqual(facts!['customConvolutionTypes'], ['float32', 'bfloat16']);
    assert.match(
      described({ customConvolutionTypes: ['float32'], customBatchNormTypes: ['float32', 'bfloat16'] }).text,
      /, custom kernels for convolutions in float32 and batch norms of training in float32 and bfloat16$/,
    );
    assert.match(
      described({ customConvolutionTypes: [] }).text,
      /, no custom kernels \(they need AVX-512, and g\+\+ at set-up\)$/,
    );
    assert.equal(
      described({ customConvolutionTypes: [], oneDnn: false, devices: ['GPU:0', 'CPU:0'] }).text,
      'tensorflow 2.21.0 (GPU:0)',
    );
    assert.doesNotMatch(
      described({ customConvolutionTypes: [], oneDnn: false, kind: 'portable', library: 'tfjs-wasm' }).text,
      /custom/,
    );
  });

  test('findings are aligned, with what to do below, and a verdict at the end', () => {
    const findings: Finding[] = [
      { topic: 'disk', status: 'ok', text: '5 GB' },
      { topic: 'nats-server', status: 'problem', text: 'none', advice: 'npm run setup' },
      { topic: 'GPU', status: 'warning', text: 'not used' },
    ];
    assert.equal(
      renderFindings(findings),
      [
        '✔ disk         5 GB',
        '✖ nats-server  none',
        '               → npm run setup',
        '! GPU          not used',
        '',
        '1 thing prevents running.',
        '',
      ].join('\n'),
    );
  });
});
