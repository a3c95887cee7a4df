import { packageDefinition } from '#libs/contracts';
import type { Random } from '#libs/random';
import { choose, EDGE_NUMBERS, few } from './choose.js';
import { oddText } from './text.js';
import { varint } from './wire.js';

/** A descriptor as proto-loader gives it (google/protobuf/descriptor.proto). */
interface Descriptor {
  name: string;
  field: { name: string; number: number; label: string; type: string; typeName: string }[];
  nestedType: Descriptor[];
}

/** What fields are filled with. */
export interface Pool {
  readonly texts: readonly string[];
  readonly bytes: readonly Buffer[];
}

const MAX_DEPTH = 5;

const lastOf = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

/** Messages by the last part of their names: none of ours share one at the outside. */
const MESSAGES: ReadonlyMap<string, Descriptor> = new Map(
  Object.entries(packageDefinition()).flatMap(([name, { format, type }]) =>
    format === 'Protocol Buffer 3 DescriptorProto' ? [[lastOf(name), type as Descriptor] as const] : [],
  ),
);

/** A message whose fields are of their types, filled at random: most of it is understood by whoever reads it. */
export function randomMessage(random: Random, message: object, pool: Pool, depth = 0): Buffer {
  const { field, nestedType } = message as Descriptor;
  const parts: Buffer[] = [];
  for (const { number, label, type, typeName } of field) {
    if (depth >= MAX_DEPTH || random.chance(0.4)) continue;
    const inner = () => nestedType.find(({ name }) => name === lastOf(typeName)) ?? MESSAGES.get(lastOf(typeName));
    const count = label === 'LABEL_REPEATED' ? few(random, 4) : 1;
    for (let index = 0; index < count; index++) parts.push(valueOf(random, number, type, inner, pool, depth));
  }
  return Buffer.concat(parts);
}

function valueOf(
  random: Random,
  number: number,
  type: string,
  inner: () => Descriptor | undefined,
  pool: Pool,
  depth: number,
): Buffer {
  const delimited = (content: Buffer): Buffer =>
    Buffer.concat([varint(8 * number + 2), varint(content.length), content]);
  switch (type) {
    case 'TYPE_MESSAGE':
      return delimited(randomMessage(random, inner() ?? { field: [], nestedType: [] }, pool, depth + 1));
    case 'TYPE_STRING':
      return delimited(Buffer.from(random.chance(0.8) ? choose(random, pool.texts) : oddText(random)));
    case 'TYPE_BYTES':
      return delimited(choose(random, pool.bytes));
    case 'TYPE_FLOAT':
    case 'TYPE_FIXED32':
      return Buffer.concat([varint(8 * number + 5), numberBytes(random, 4)]);
    case 'TYPE_DOUBLE':
    case 'TYPE_FIXED64':
      return Buffer.concat([varint(8 * number + 1), numberBytes(random, 8)]);
    case 'TYPE_BOOL':
      return Buffer.concat([varint(8 * number), varint(random.integer(0, 1))]);
    default:
      return Buffer.concat([varint(8 * number), varint(random.chance(0.7) ? random.integer(0, 8) : edge(random))]);
  }
}

const edge = (random: Random): number => choose(random, EDGE_NUMBERS);

function numberBytes(random: Random, width: 4 | 8): Buffer {
  const bytes = Buffer.alloc(width);
  const value = random.chance(0.6) ? random.uniform(-1, 2) : choose(random, [Infinity, -Infinity, NaN, 0, 1e30, -1e30]);
  if (width === 4) bytes.writeFloatLE(value);
  else bytes.writeDoubleLE(value);
  return bytes;
}
