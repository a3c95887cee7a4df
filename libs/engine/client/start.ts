import { choice, parseEnvironment } from '#libs/config';
import { SulcusError } from '#libs/errors';
import { findBinding } from '../tensorflow/binding.js';
import { allocatorSettings } from '../tensorflow/allocator.js';
import { deviceEnvironment, selectedDevices } from '../tensorflow/devices.js';
import { kernelSettings } from '../tensorflow/custom-ops.js';
import { gpuSettings } from '../tensorflow/gpus.js';
import type { EngineInfo, EngineKind } from '../protocol/engine-info.js';
import type { Engine, EngineOptions } from './engine.js';
import { ProcessEngine } from './process-engine.js';

/** The variable by which an engine is chosen; services list it among theirs. */
export const engineEnvironment = {
  engine: [
    'SULCUS_ENGINE',
    choice(['auto', 'tensorflow', 'portable'], {
      default: 'auto',
      description:
        'what computes: auto takes TensorFlow where it is set up, ' +
        'else portable, which needs npm packages only and is several times slower',
    }),
  ],
  ...kernelSettings,
  ...allocatorSettings,
  ...gpuSettings,
} as const;

/**
 * Starts an engine process, which ends with its parent, however that ends. SULCUS_ENGINE says which: `tensorflow`,
 * `portable`, or `auto` (default): TensorFlow, and the portable engine with a warning when there is none. A binding
 * that SULCUS_ENGINE_BINDING names is meant to be used: nothing takes its place.
 *
 * @throws ENGINE_UNAVAILABLE with what to do when the engine that was asked for cannot be had
 */
export async function startEngine(options: EngineOptions = {}): Promise<Engine> {
  const engine = options.kind ?? parseEnvironment(engineEnvironment).engine;
  if (engine === 'portable') return await start('portable', options);
  try {
    findBinding();
    return await start('tensorflow', options);
  } catch (error) {
    const mayReplace =
      engine === 'auto' &&
      process.env['SULCUS_ENGINE_BINDING'] === undefined &&
      // Nor does anything take the place of GPUs that were asked for.
      (options.maxDevices === undefined || selectedDevices().kind !== 'gpu') &&
      error instanceof SulcusError &&
      error.code === 'ENGINE_UNAVAILABLE';
    if (!mayReplace) throw error;
    process.emitWarning(
      'Running on the portable engine, correct but several times slower, because there is no TensorFlow. ' +
        error.rawMessage,
      { type: 'SulcusWarning' },
    );
    return await start('portable', options);
  }
}

/**
 * Refuses devices that are not there, without an engine. Whether TensorFlow can use them shows when one is started.
 *
 * @param maxDevices that can be used: the shards of a recipe
 * @throws ENGINE_UNAVAILABLE when a device is not there, INVALID_CONFIG when SULCUS_DEVICES cannot be read
 */
export function assertDevices(maxDevices: number): void {
  if (parseEnvironment(engineEnvironment).engine !== 'portable') deviceEnvironment(maxDevices);
}

async function start(kind: EngineKind, options: EngineOptions): Promise<Engine> {
  const engine = new ProcessEngine(kind, options);
  await engine.started(options.startTimeoutMs);
  return engine;
}

/** `tensorflow 2.21.0 (CPU:0)` or `portable (tfjs-wasm 4.22.0)`: an engine as logs and summaries name it. */
export const describeEngine = ({ kind, library, version, devices, shardDevices }: EngineInfo): string =>
  kind === 'portable'
    ? `portable (${library} ${version})`
    : `${library} ${version} (${shardDevices.length > 1 ? shardDevices.join(', ') : devices[0]})`;
