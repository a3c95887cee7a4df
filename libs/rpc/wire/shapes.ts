import type { MessageTypeDefinition, PackageDefinition } from '@grpc/proto-loader';

/** What a field holds, as far as reading the wire without making objects needs it. */
export type FieldShape =
  | { readonly kind: 'message'; readonly name: string; readonly message: MessageShape; readonly repeated: boolean }
  | { readonly kind: 'text' | 'bytes'; readonly name: string }
  | { readonly kind: 'number'; readonly name: string; readonly type: NumberType; readonly repeated: boolean };

/** How numbers of a type lie on the wire, one after the other. */
export type NumberType = 'float' | 'double' | 'fixed32' | 'fixed64' | 'uint32' | 'varint';

/** Fields of a message by their numbers. */
export type MessageShape = ReadonlyMap<number, FieldShape>;

/** A descriptor as proto-loader gives it (google/protobuf/descriptor.proto). */
interface Descriptor {
  name: string;
  field: { name: string; number: number; label: string; type: string; typeName: string }[];
  nestedType: Descriptor[];
}

/** The shape of a method's request; types of other files are looked up in `all`. */
export function requestShape(request: MessageTypeDefinition<object, object>, all: PackageDefinition): MessageShape {
  const known = new Map<Descriptor, Map<number, FieldShape>>();
  return shapeOf(request.type as Descriptor, [], messagesOf(all), known);
}

/** Messages outside of others, by the last part of their names. */
function messagesOf(all: PackageDefinition): Map<string, Descriptor> {
  const messages = new Map<string, Descriptor>();
  for (const [name, definition] of Object.entries(all)) {
    if (definition.format !== 'Protocol Buffer 3 DescriptorProto') continue;
    messages.set(name.slice(name.lastIndexOf('.') + 1), definition.type as Descriptor);
  }
  return messages;
}

/** @param scope messages that `message` lies in, the innermost last */
function shapeOf(
  message: Descriptor,
  scope: readonly Descriptor[],
  messages: ReadonlyMap<string, Descriptor>,
  known: Map<Descriptor, Map<number, FieldShape>>,
): MessageShape {
  const seen = known.get(message);
  if (seen) return seen;
  const shape = new Map<number, FieldShape>();
  known.set(message, shape); // before its fields, which may be of its own type
  const inner = [...scope, message];
  for (const { name, number, label, type, typeName } of message.field) {
    const repeated = label === 'LABEL_REPEATED';
    if (type !== 'TYPE_MESSAGE') {
      shape.set(number, scalarShape(name, type, repeated));
      continue;
    }
    const found = find(typeName, inner, messages);
    shape.set(number, { kind: 'message', name, repeated, message: shapeOf(found.type, found.scope, messages, known) });
  }
  return shape;
}

/** Names are looked up from the inside out. */
function find(
  typeName: string,
  scope: readonly Descriptor[],
  messages: ReadonlyMap<string, Descriptor>,
): { type: Descriptor; scope: readonly Descriptor[] } {
  const name = typeName.slice(typeName.lastIndexOf('.') + 1);
  for (let depth = scope.length; depth > 0; depth--) {
    const type = scope[depth - 1]!.nestedType.find((nested) => nested.name === name);
    if (type) return { type, scope: scope.slice(0, depth) };
  }
  const type = messages.get(name);
  if (!type) throw new Error(`The package definition has no message ${typeName}`);
  return { type, scope: [] };
}

const NUMBER_TYPES: Readonly<Record<string, NumberType>> = {
  TYPE_FLOAT: 'float',
  TYPE_DOUBLE: 'double',
  TYPE_FIXED32: 'fixed32',
  TYPE_SFIXED32: 'fixed32',
  TYPE_FIXED64: 'fixed64',
  TYPE_SFIXED64: 'fixed64',
  TYPE_UINT32: 'uint32',
};

function scalarShape(name: string, type: string, repeated: boolean): FieldShape {
  if (type === 'TYPE_STRING') return { kind: 'text', name };
  if (type === 'TYPE_BYTES') return { kind: 'bytes', name };
  return { kind: 'number', name, repeated, type: NUMBER_TYPES[type] ?? 'varint' };
}
