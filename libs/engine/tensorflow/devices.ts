import { parseEnvironment, type Variable } from '#libs/config';
import { SulcusError } from '#libs/errors';
import type { EngineInfo } from '../protocol/engine-info.js';
import { listGpus, visibleGpus } from './gpus.js';
import { sessionEnvironment } from './session-config.js';

/** What training is spread over: what there is, or one kind of device, some of them. */
export type DeviceSelection =
  | { readonly kind: 'auto' }
  /**
   * Virtual devices of the processor: they share its cores, and are for tests and for machines with several memory
   * nodes.
   */
  | { readonly kind: 'cpu'; readonly count: number }
  | { readonly kind: 'gpu'; readonly indices: readonly number[] };

/** More virtual devices than this are a mistake: each keeps the activations of its shards. */
const MAX_CPU_DEVICES = 16;

const EXPECTED = 'expected auto, cpu, cpu:2 (virtual devices) or gpu:0,gpu:1 (numbers as nvidia-smi has them)';

/** @throws Error that says what is expected, as all kinds of variables do */
export function parseDevices(text: string): DeviceSelection {
  const words = text.split(',').map((word) => word.trim());
  if (text === 'auto') return { kind: 'auto' };
  if (text === 'cpu') return { kind: 'cpu', count: 1 };
  const cpu = /^cpu:(\d+)$/.exec(text);
  if (cpu) {
    const count = Number(cpu[1]);
    if (count < 1 || count > MAX_CPU_DEVICES) throw new Error(`expected 1 to ${MAX_CPU_DEVICES} virtual devices`);
    return { kind: 'cpu', count };
  }
  const indices = words.map((word) => /^gpu:(\d+)$/.exec(word)?.[1]);
  if (indices.some((index) => index === undefined)) throw new Error(EXPECTED);
  if (new Set(indices).size !== indices.length) throw new Error('a GPU is named twice');
  return { kind: 'gpu', indices: indices.map(Number) };
}

const devices: Variable<DeviceSelection> = {
  parse: parseDevices,
  default: { kind: 'auto' },
  defaultText: 'auto',
  required: false,
  description:
    'what a recipe with shards trains on: auto (all GPUs, else the processor), cpu, cpu:2 (virtual devices), ' +
    'or gpu:0,gpu:1 (numbers as nvidia-smi has them)',
};

/** The variable by which devices are chosen; services that train list it among theirs. */
export const devicesEnvironment = { devices: ['SULCUS_DEVICES', devices] } as const;

/** @throws INVALID_CONFIG when SULCUS_DEVICES cannot be read */
export const selectedDevices = (): DeviceSelection => parseEnvironment(devicesEnvironment).devices;

/** Devices that a selection names; 1 where it leaves them open. */
export function deviceCount(selection: DeviceSelection): number {
  if (selection.kind === 'auto') return 1;
  return selection.kind === 'cpu' ? selection.count : selection.indices.length;
}

/** Numbers of the GPUs that may be used. */
const presentGpus = (): number[] => visibleGpus(listGpus()).map(({ index }) => index);

const nameGpus = (indices: readonly number[]): string => indices.map((index) => `gpu:${index}`).join(', ');

/**
 * The GPUs of a selection, by number.
 *
 * @param present numbers of the GPUs that may be used
 * @param wanted devices that can be used at most
 * @returns none when training is to run on the processor
 * @throws ENGINE_UNAVAILABLE when one that was asked for is not there
 */
export function chosenGpus(selection: DeviceSelection, present: readonly number[], wanted: number): readonly number[] {
  if (selection.kind === 'cpu') return [];
  if (selection.kind === 'auto') return present.slice(0, wanted);
  const missing = selection.indices.filter((index) => !present.includes(index));
  if (missing.length > 0) {
    const hidden = process.env['CUDA_VISIBLE_DEVICES'] === undefined ? '' : ', as far as CUDA_VISIBLE_DEVICES shows';
    const there =
      present.length === 0
        ? `this machine has no GPU that nvidia-smi lists${hidden}`
        : `there are ${nameGpus(present)}${hidden}`;
    throw new SulcusError('ENGINE_UNAVAILABLE', `SULCUS_DEVICES names ${nameGpus(missing)}, but ${there}`);
  }
  return selection.indices.slice(0, wanted);
}

/** What is said where GPUs are asked for by name and TensorFlow has none. */
export const NO_CUDA =
  'SULCUS_DEVICES asks for GPUs, but this TensorFlow finds none: it was built without CUDA, ' +
  'or its CUDA libraries do not load';

/**
 * What a recipe with as many shards as there are devices would train on: `CPU:0`, or GPUs as SULCUS_DEVICES names them.
 *
 * @param engine one that was started without a choice of devices
 * @throws ENGINE_UNAVAILABLE when a device is not there, INVALID_CONFIG when SULCUS_DEVICES cannot be read
 */
export function trainingDevices({ kind, devices }: Pick<EngineInfo, 'kind' | 'devices'>): string[] {
  const selection = selectedDevices();
  if (kind === 'portable') return ['CPU:0'];
  if (selection.kind === 'cpu') return Array.from({ length: selection.count }, (_, index) => `CPU:${index}`);
  const gpus = chosenGpus(selection, presentGpus(), Number.POSITIVE_INFINITY);
  const onGpu = devices[0]?.startsWith('GPU') ?? false;
  if (selection.kind === 'gpu' && !onGpu) throw new SulcusError('ENGINE_UNAVAILABLE', NO_CUDA);
  return onGpu && gpus.length > 0 ? gpus.map((index) => `gpu:${index}`) : devices.slice(0, 1);
}

/**
 * A run on several devices that takes longer hangs on one of them: the slowest step of a supported network takes
 * seconds.
 */
const RUN_TIMEOUT_MS = 10 * 60_000;

/**
 * Environment variables by which an engine process sees its devices and spreads shards over them.
 *
 * @param maxDevices that it can use; undefined: what SULCUS_DEVICES says is not meant for it
 * @throws ENGINE_UNAVAILABLE when a device is not there, INVALID_CONFIG when SULCUS_DEVICES cannot be read
 */
export function deviceEnvironment(maxDevices: number | undefined): Record<string, string> {
  if (maxDevices === undefined) return {};
  const selection = selectedDevices();
  // Without a choice to make everything is as for an engine that knows of one device; the driver is not even asked.
  if (selection.kind === 'auto' && maxDevices === 1) return {};
  const present = selection.kind === 'cpu' ? [] : presentGpus();
  if (selection.kind === 'auto' && present.length < 2) return {};
  const gpus = chosenGpus(selection, present, maxDevices);
  const cpuDevices = selection.kind === 'cpu' ? Math.min(selection.count, maxDevices) : 1;
  const count = Math.max(gpus.length, cpuDevices);
  return {
    CUDA_VISIBLE_DEVICES: gpus.join(),
    SULCUS_ENGINE_DEVICES: `${gpus.length > 0 ? 'GPU' : 'CPU'}:${count}`,
    ...(count > 1 ? sessionEnvironment({ cpuDevices, runTimeoutMs: RUN_TIMEOUT_MS }) : {}),
  };
}
