import type { Random } from '#libs/random';
import { mutateBytes, randomBytes } from './bytes.js';
import { choose, EDGE_NUMBERS, either, few } from './choose.js';
import { mutateParts } from './parts.js';
import { oddText } from './text.js';

/** One field on the wire (https://protobuf.dev/programming-guides/encoding), whatever its name. */
interface WireField {
  number: number;
  wireType: number;
  content: Buffer;
}

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

export function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

/** The fields of a message; undefined when the bytes are none. */
function readFields(bytes: Buffer): WireField[] | undefined {
  const fields: WireField[] = [];
  let at = 0;
  const readVarint = (): number | undefined => {
    let value = 0;
    for (let scale = 1; at < bytes.length && scale < 2 ** 50; scale *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    return undefined;
  };
  while (at < bytes.length) {
    const tag = readVarint();
    if (tag === undefined || tag < 8) return undefined;
    const wireType = tag % 8;
    const from = at;
    if (wireType === VARINT) {
      if (readVarint() === undefined) return undefined;
      fields.push({ number: Math.floor(tag / 8), wireType, content: bytes.subarray(from, at) });
      continue;
    }
    const length = wireType === FIXED64 ? 8 : wireType === FIXED32 ? 4 : wireType === BYTES ? readVarint() : undefined;
    if (length === undefined || at + length > bytes.length) return undefined;
    fields.push({ number: Math.floor(tag / 8), wireType, content: bytes.subarray(at, at + length) });
    at += length;
  }
  return fields;
}

const writeFields = (fields: readonly WireField[]): Buffer => Buffer.concat(fields.map(writeField));

function writeField({ number, wireType, content }: WireField): Buffer {
  const tag = varint(BigInt(number) * 8n + BigInt(wireType));
  return wireType === BYTES ? Buffer.concat([tag, varint(content.length), content]) : Buffer.concat([tag, content]);
}

/** A message with fields changed, at any depth; seldom bytes that are none. */
export function mutateWire(random: Random, message: Buffer, others: readonly Buffer[] = [message]): Buffer {
  const fields = readFields(message);
  if (!fields || random.chance(0.1)) return mutateBytes(random, message, others);
  const donors = readFields(choose(random, others)) ?? fields;
  return writeFields(mutateParts(random, fields, (field) => mutateField(random, field), donors));
}

function mutateField(random: Random, field: WireField): WireField {
  const { wireType, content } = field;
  if (random.chance(0.1)) return { ...field, number: choose(random, [field.number + 1, 1, 15, 16, 2 ** 29 - 1, 0]) };
  if (random.chance(0.1)) return { ...field, wireType: random.integer(0, 7) };
  if (wireType === VARINT) return { ...field, content: varint(either<number | bigint>(random, ...numbers(random))) };
  if (wireType !== BYTES) return { ...field, content: mutateBytes(random, content).subarray(0, content.length) };
  const inner = readFields(content);
  const changed = either(
    random,
    () => (inner && inner.length > 0 ? mutateWire(random, content) : mutateBytes(random, content)),
    () => (inner && inner.length > 0 ? mutateWire(random, content) : mutateBytes(random, content)),
    () => Buffer.from(oddText(random)),
    () => Buffer.from(oddText(random), 'latin1'),
    () => randomBytes(random, 300),
    () => nested(random, content),
  );
  return { ...field, content: changed };
}

const numbers = (random: Random): (() => number | bigint)[] => [
  () => choose(random, EDGE_NUMBERS),
  () => -choose(random, EDGE_NUMBERS),
  () => 2n ** 63n,
  () => 2n ** 64n - 1n,
  () => random.integer(0, 20),
];

/** A message inside itself, many times. */
function nested(random: Random, content: Buffer): Buffer {
  const number = random.integer(1, 8);
  let inner = content.subarray(0, 200);
  for (let depth = few(random, 200); depth > 0; depth--)
    inner = writeField({ number, wireType: BYTES, content: inner });
  return inner;
}
