/**
 * Which implementation runs graphs: TensorFlow itself, or `portable`, the slower one in WebAssembly that needs npm
 * packages only.
 */
export type EngineKind = 'tensorflow' | 'portable';

/** Element types that custom ops compute in. */
export type CustomOpType = 'float32' | 'bfloat16';

/** What an engine process found out about itself. */
export interface EngineInfo {
  kind: EngineKind;
  /** `tensorflow`, or the backend that computes, such as `tfjs-wasm`. */
  library: string;
  version: string;
  /** For example `CPU:0`. The first is where graphs run. */
  devices: string[];
  /**
   * What the shards of a step are spread over, for example `CPU:0` and `CPU:1`; one when nothing else was asked for.
   */
  shardDevices: readonly string[];
  /**
   * Whether bfloat16 arithmetic is in the hardware: false means that it is slower than float32, or not there at all
   * (portable).
   */
  precision: { bf16: boolean };
  /** Whether graphs run on a CPU by oneDNN's kernels, which have fused ops of their own. */
  oneDnn: boolean;
  /** Element types in which convolutions and their gradients run by custom ops. */
  customConvolutionTypes: readonly CustomOpType[];
  /** Element types in which batch norms of training run by custom ops. */
  customBatchNormTypes: readonly CustomOpType[];
  /** Whether tensors get their memory from the custom allocator. */
  customAllocator: boolean;
}
