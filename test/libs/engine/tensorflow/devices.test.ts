import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import protobuf from 'protobufjs';
import { parseDevices, startEngine, trainingDevices } from '#libs/engine';
import { isCode } from '../../../helpers/errors.js';
import { deviceEnvironment } from '../../../../libs/engine/tensorflow/devices.js';

const VARIABLES = ['SULCUS_DEVICES', 'CUDA_VISIBLE_DEVICES', 'PATH'] as const;
const outside = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]));

function restore(): void {
  for (const [name, value] of Object.entries(outside)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

const ON_CPU = { kind: 'tensorflow' as const, devices: ['CPU:0'] };
const ON_GPU = { kind: 'tensorflow' as const, devices: ['GPU:0', 'CPU:0'] };

describe('SULCUS_DEVICES', () => {
  afterEach(restore);

  it('is read as written, and mistakes say what is expected', () => {
    assert.deepEqual(parseDevices('auto'), { kind: 'auto' });
    assert.deepEqual(parseDevices('cpu:2'), { kind: 'cpu', count: 2 });
    assert.deepEqual(parseDevices('gpu:0,gpu:3'), { kind: 'gpu', indices: [0, 3] });
    for (const wrong of ['gpu', 'cpu:0', 'cpu:99', 'gpu:0,gpu:0', 'tpu:1', 'gpu:0,cpu:1']) {
      assert.throws(() => parseDevices(wrong), /expected|twice/, wrong);
    }
  });

  it('gives no more devices than there are shards', () => {
    process.env['SULCUS_DEVICES'] = 'cpu:4';
    assert.equal(deviceEnvironment(2)['SULCUS_ENGINE_DEVICES'], 'CPU:2');
    assert.equal(deviceEnvironment(8)['SULCUS_ENGINE_DEVICES'], 'CPU:4');
    assert.deepEqual(deviceEnvironment(undefined), {}, 'a predictor has one, whatever it says');
  });

  it('names the devices that a recipe with shards trains on; the portable engine has one', () => {
    process.env['SULCUS_DEVICES'] = 'cpu:2';
    assert.deepEqual(trainingDevices(ON_CPU), ['CPU:0', 'CPU:1']);
    assert.deepEqual(trainingDevices({ kind: 'portable', devices: ['CPU:0'] }), ['CPU:0']);
  });
});

/** Where nvidia-smi lists two GPUs: a program of that name stands in for driver and devices. */
describe('on a machine with two GPUs', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'sulcus-gpus-'));
    const lines = [
      '0, GPU-aaaa1111, NVIDIA A100, 8.0, 81920, 550.54.15',
      '1, GPU-bbbb2222, NVIDIA A100, 8.0, 81920, 550',
    ];
    const program = path.join(folder, 'nvidia-smi');
    writeFileSync(program, `#!/bin/sh\n${lines.map((line) => `echo "${line}"\n`).join('')}`);
    chmodSync(program, 0o755);
  });
  const choose = (devices: string, visible?: string): void => {
    process.env['PATH'] = `${folder}:${outside['PATH']}`;
    process.env['SULCUS_DEVICES'] = devices;
    if (visible === undefined) delete process.env['CUDA_VISIBLE_DEVICES'];
    else process.env['CUDA_VISIBLE_DEVICES'] = visible;
  };
  afterEach(restore);
  after(() => rmSync(folder, { recursive: true }));

  it('auto takes both, and ops without a kernel for GPUs may run beside them', () => {
    choose('auto');
    const environment = deviceEnvironment(2);
    assert.equal(environment['CUDA_VISIBLE_DEVICES'], '0,1');
    assert.equal(environment['SULCUS_ENGINE_DEVICES'], 'GPU:2');
    // Fields as in tensorflow/core/protobuf/config.proto.
    const { root } = protobuf.parse(
      'syntax = "proto3"; message ConfigProto { map<string, int32> device_count = 1; bool allow_soft_placement = 7; }',
      { keepCase: true },
    );
    const bytes = Buffer.from(environment['SULCUS_SESSION_CONFIG']!, 'hex');
    assert.deepEqual(root.lookupType('ConfigProto').decode(bytes).toJSON(), {
      device_count: { CPU: 1 },
      allow_soft_placement: true,
    });
    assert.deepEqual(trainingDevices(ON_GPU), ['gpu:0', 'gpu:1']);
  });

  it('CUDA_VISIBLE_DEVICES hides one from both, and one that is named and hidden is refused', () => {
    choose('auto', 'GPU-bbbb2222');
    assert.deepEqual(deviceEnvironment(2), {}, 'one GPU leaves no choice');
    assert.deepEqual(trainingDevices(ON_GPU), ['gpu:1']);
    choose('gpu:0', '1');
    assert.throws(
      () => deviceEnvironment(2),
      isCode('ENGINE_UNAVAILABLE', /names gpu:0, but there are gpu:1, as far as CUDA_VISIBLE_DEVICES shows/),
    );
  });

  it('one that is not there ends the start with what there is, and nothing takes its place', async () => {
    choose('gpu:1,gpu:2');
    await assert.rejects(
      startEngine({ maxDevices: 2 }),
      isCode('ENGINE_UNAVAILABLE', /SULCUS_DEVICES names gpu:2, but there are gpu:0, gpu:1/),
    );
  });

  it('a TensorFlow without CUDA trains on the processor, unless GPUs were asked for by name', async (t) => {
    choose('auto');
    await using engine = await startEngine({ maxDevices: 2 });
    if (engine.info.devices[0] !== 'CPU:0') return t.skip('this TensorFlow has CUDA');
    assert.deepEqual([engine.info.kind, engine.info.shardDevices], ['tensorflow', ['CPU:0']]);
    assert.deepEqual(trainingDevices(ON_CPU), ['CPU:0']);
    choose('gpu:0,gpu:1');
    await assert.rejects(startEngine({ maxDevices: 2 }), isCode('ENGINE_UNAVAILABLE', /TensorFlow finds none/));
    assert.throws(() => trainingDevices(ON_CPU), isCode('ENGINE_UNAVAILABLE', /TensorFlow finds none/));
  });
});
