import protobuf from 'protobufjs/minimal.js';
import { tfRecord } from './tf-record.js';
import type { TrainingHistory } from '../launcher/state/training-history.js';

/** A scalar of one moment of a training. */
export interface ScalarEvent {
  tag: string;
  step: number;
  value: number;
  timeUnixMs: number;
}

/** The four curves under the names of the reproduced scripts, in order of time. */
export function scalarEvents({ training, validations }: TrainingHistory): ScalarEvent[] {
  const named = (
    side: string,
    points: readonly { step: number; loss: number; accuracy: number; timeUnixMs: number }[],
  ): ScalarEvent[] =>
    points.flatMap(({ step, loss, accuracy, timeUnixMs }) => [
      { tag: `${side}_loss`, step, value: loss, timeUnixMs },
      { tag: `${side}_accuracy`, step, value: accuracy, timeUnixMs },
    ]);
  return [...named('train', training), ...named('valid', validations)].sort((a, b) => a.timeUnixMs - b.timeUnixMs);
}

/** Name that TensorBoard recognises; the time orders files of one folder. */
export const eventFileName = (startedUnixMs: number): string =>
  `events.out.tfevents.${Math.floor(startedUnixMs / 1000)}.sulcus`;

/** Content of an event file: TFRecords of tensorflow.Event messages, the first of which says the version. */
export function encodeEventFile(events: readonly ScalarEvent[], startedUnixMs: number): Buffer {
  return Buffer.concat(
    [versionEvent(startedUnixMs), ...events.map(scalarEvent)].map((message) => tfRecord(message.finish())),
  );
}

/** Field numbers of tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto. */
const EVENT = { WALL_TIME: 1, STEP: 2, FILE_VERSION: 3, SUMMARY: 5 } as const;
const SUMMARY_VALUE = 1;
const VALUE = { TAG: 1, SIMPLE_VALUE: 2 } as const;

const WIRE = { VARINT: 0, FIXED64: 1, LENGTH_DELIMITED: 2, FIXED32: 5 } as const;
const key = (field: number, wireType: number): number => (field << 3) | wireType;

function versionEvent(timeUnixMs: number): protobuf.Writer {
  return wallTime(timeUnixMs).uint32(key(EVENT.FILE_VERSION, WIRE.LENGTH_DELIMITED)).string('brain.Event:2');
}

function scalarEvent({ tag, step, value, timeUnixMs }: ScalarEvent): protobuf.Writer {
  return wallTime(timeUnixMs)
    .uint32(key(EVENT.STEP, WIRE.VARINT))
    .int64(step)
    .uint32(key(EVENT.SUMMARY, WIRE.LENGTH_DELIMITED))
    .fork()
    .uint32(key(SUMMARY_VALUE, WIRE.LENGTH_DELIMITED))
    .fork()
    .uint32(key(VALUE.TAG, WIRE.LENGTH_DELIMITED))
    .string(tag)
    .uint32(key(VALUE.SIMPLE_VALUE, WIRE.FIXED32))
    .float(value)
    .ldelim()
    .ldelim();
}

/** Seconds since the Unix epoch, as TensorBoard counts. */
const wallTime = (timeUnixMs: number): protobuf.Writer =>
  protobuf.Writer.create()
    .uint32(key(EVENT.WALL_TIME, WIRE.FIXED64))
    .double(timeUnixMs / 1000);
