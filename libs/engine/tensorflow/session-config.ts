import protobuf from 'protobufjs/minimal.js';

/** How TensorFlow's sessions of an engine are set up. */
export interface SessionConfig {
  /** Virtual devices that the processor is divided into. */
  readonly cpuDevices: number;
  /** Longest time of one run in milliseconds: a device that hangs must not be waited for without end. 0: none. */
  readonly runTimeoutMs: number;
}

const LENGTH_DELIMITED = 2;
const VARINT = 0;
const tag = (field: number, wireType: number): number => (field << 3) | wireType;

/**
 * `ConfigProto` (tensorflow/core/protobuf/config.proto): device_count, and soft placement for ops that a GPU has no
 * kernel of.
 */
function configProto({ cpuDevices }: SessionConfig): Uint8Array {
  const writer = protobuf.Writer.create();
  writer.uint32(tag(1, LENGTH_DELIMITED)).fork();
  writer.uint32(tag(1, LENGTH_DELIMITED)).string('CPU').uint32(tag(2, VARINT)).int32(cpuDevices);
  writer.ldelim();
  writer.uint32(tag(7, VARINT)).bool(true);
  return writer.finish();
}

/** `RunOptions` (the same file): timeout_in_ms. */
const runOptions = ({ runTimeoutMs }: SessionConfig): Uint8Array =>
  protobuf.Writer.create().uint32(tag(2, VARINT)).int64(runTimeoutMs).finish();

const hexadecimal = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Environment variables that libs/engine/native/session reads in the engine's process. */
export function sessionEnvironment(config: SessionConfig): Record<string, string> {
  return {
    SULCUS_SESSION_CONFIG: hexadecimal(configProto(config)),
    ...(config.runTimeoutMs > 0 ? { SULCUS_RUN_OPTIONS: hexadecimal(runOptions(config)) } : {}),
  };
}
