/**
 * The engine process. It alone holds TensorFlow: a crash of the library ends this process and no other, and the
 * blocking calls of the binding block no event loop but this one. Started by `startEngine`, spoken to over IPC.
 */
import { readFileSync } from 'node:fs';
import type { CustomOpType, EngineInfo } from '../protocol/engine-info.js';
import { serveEngine } from '../protocol/serve.js';
import { findBinding, loadBinding, type TensorFlowBinding } from './binding.js';
import { computesInBfloat16, listGpus, pinnedGpu } from './gpus.js';
import { usesCustomAllocator } from './allocator.js';
import { NO_CUDA, selectedDevices } from './devices.js';
import { loadCustomOps } from './custom-ops.js';
import { TensorFlowSession } from './session.js';

/** What the processor says it can do; empty where nothing is known. */
function cpuFlags(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return ''; // not Linux: float32 by plain ops is always right
  }
}

/**
 * TensorFlow takes oneDNN's kernels by itself on x86 processors with instructions for neural networks
 * (tensorflow/core/util/util.cc, IsMKLEnabled).
 */
const usesOneDnn = (flags: string): boolean =>
  process.arch === 'x64' &&
  process.env['TF_ENABLE_ONEDNN_OPTS'] !== '0' &&
  /\b(avx512_vnni|avx512_bf16|avx_vnni|amx_tile|amx_int8|amx_bf16)\b/.test(flags);

/**
 * What custom ops are used for. AMX, which the custom convolutions do not use, multiplies bfloat16 faster than they can
 * make up for.
 */
const customOps = (
  types: readonly CustomOpType[],
  flags: string,
): Pick<EngineInfo, 'customConvolutionTypes' | 'customBatchNormTypes'> => ({
  customConvolutionTypes: types.filter((type) => type !== 'bfloat16' || !/\bamx_bf16\b/.test(flags)),
  customBatchNormTypes: types,
});

/**
 * What the parent gave this process to spread shards over.
 * @throws Error when it asked for GPUs by name and this TensorFlow finds none
 */
function shardDevices(gpu: boolean): string[] {
  const [kind, count] = (process.env['SULCUS_ENGINE_DEVICES'] ?? (gpu ? 'GPU:1' : 'CPU:1')).split(':');
  if (kind === 'GPU' && !gpu) {
    // GPUs that nobody asked for by name are taken where TensorFlow can use them.
    if (selectedDevices().kind === 'auto') return ['CPU:0'];
    throw new Error(`${NO_CUDA} (sulcus doctor says more)`);
  }
  return Array.from({ length: Number(count) }, (_, index) => `${kind}:${index}`);
}

function inspect(binding: TensorFlowBinding, customOpTypes: readonly CustomOpType[]): EngineInfo {
  const gpu = binding.isUsingGpuDevice();
  const flags = cpuFlags();
  // Multiplying bfloat16 is in the hardware with AVX512-BF16 or AMX, and on GPUs from Ampere on.
  const bf16 = gpu ? computesInBfloat16(pinnedGpu(listGpus())) : /\b(avx512_bf16|amx_bf16)\b/.test(flags);
  return {
    kind: 'tensorflow',
    library: 'tensorflow',
    version: binding.TF_Version,
    devices: gpu ? ['GPU:0', 'CPU:0'] : ['CPU:0'],
    shardDevices: shardDevices(gpu),
    precision: { bf16 },
    oneDnn: !gpu && usesOneDnn(flags),
    ...customOps(gpu ? [] : customOpTypes, flags),
    customAllocator: usesCustomAllocator(),
  };
}

await serveEngine(() => {
  const file = findBinding();
  const binding = loadBinding(file);
  const { elementTypes, releaseFreeMemory } = loadCustomOps(file);
  return new TensorFlowSession(binding, inspect(binding, elementTypes), releaseFreeMemory);
});
