/** Runs graphs in a child process: on TensorFlow, or without it, more slowly, in WebAssembly. */
export type { Engine, EngineOptions, LoadedProgram } from './client/engine.js';
export { assertDevices, describeEngine, engineEnvironment, startEngine } from './client/start.js';
export type { EngineInfo, EngineKind } from './protocol/engine-info.js';
export { listGpus, pinnedGpu, type Gpu } from './tensorflow/gpus.js';
export {
  deviceCount,
  devicesEnvironment,
  parseDevices,
  trainingDevices,
  type DeviceSelection,
} from './tensorflow/devices.js';
