import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCode } from '../../../helpers/errors.js';
import {
  computesInBfloat16,
  gpuEnvironment,
  parseGpuList,
  pinnedGpu,
} from '../../../../libs/engine/tensorflow/gpus.js';

// Two lines as `nvidia-smi --query-gpu=index,uuid,name,compute_cap,memory.total,driver_version
// --format=csv,noheader,nounits` prints them.
const gpus = parseGpuList(
  [
    '0, GPU-aaaa1111-0000, Tesla T4, 7.5, 15360, 550.54.15',
    '1, GPU-bbbb2222-0000, NVIDIA A100-SXM4-80GB, 8.0, 81920, 550.54.15',
    'Unable to determine\n',
  ].join('\n'),
);

test('lines of nvidia-smi become GPUs, other lines nothing', () => {
  assert.deepEqual(gpus[1], {
    index: 1,
    uuid: 'GPU-bbbb2222-0000',
    name: 'NVIDIA A100-SXM4-80GB',
    computeCapability: 8,
    memoryBytes: 81920 * 2 ** 20,
    driverVersion: '550.54.15',
  });
  assert.equal(gpus.length, 2);
});

test('one GPU is made visible, the first or the one that was named, in the order of nvidia-smi', () => {
  assert.deepEqual(gpuEnvironment({}), {
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
    CUDA_VISIBLE_DEVICES: '0',
  });
  assert.equal(gpuEnvironment({ SULCUS_GPU_DEVICE: '1' })['CUDA_VISIBLE_DEVICES'], '1');
  assert.throws(() => gpuEnvironment({ SULCUS_GPU_DEVICE: 'all' }), isCode('INVALID_CONFIG'));
  assert.equal(pinnedGpu(gpus, { SULCUS_GPU_DEVICE: '1' })?.name, 'NVIDIA A100-SXM4-80GB');
});

test('CUDA_VISIBLE_DEVICES has the last word: a number, a UUID or nothing', () => {
  assert.equal(pinnedGpu(gpus, { SULCUS_GPU_DEVICE: '0', CUDA_VISIBLE_DEVICES: '1,0' })?.index, 1);
  assert.equal(pinnedGpu(gpus, { CUDA_VISIBLE_DEVICES: 'GPU-bbbb2222' })?.index, 1);
  assert.equal(pinnedGpu(gpus, { CUDA_VISIBLE_DEVICES: '' }), undefined);
});

test('bfloat16 is in the hardware from Ampere on, and not assumed of an unknown GPU', () => {
  assert.deepEqual([gpus[0], gpus[1], undefined].map(computesInBfloat16), [false, true, false]);
});
