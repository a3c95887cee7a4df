import { SulcusError } from '#libs/errors';
import { LIMITS } from '#libs/limits';
import { countPacked, readPacked } from './packed.js';
import type { FieldShape, MessageShape, NumberType } from './shapes.js';

/** Bounds of one message. */
export interface WireLimits {
  /** Occurrences of fields, those of messages inside included. */
  maxFields: number;
  /** Packed numbers that become objects. */
  maxNumbers: number;
  maxStringBytes: number;
  maxDepth: number;
}

export const DEFAULT_WIRE_LIMITS: WireLimits = {
  maxFields: LIMITS.messageFields.value,
  maxNumbers: LIMITS.messageNumbers.value,
  maxStringBytes: LIMITS.stringBytes.value,
  maxDepth: LIMITS.messageDepth.value,
};

/** A long run of packed numbers that was taken out of a message, and where it belongs in the decoded object. */
export interface LiftedNumbers {
  /** Names of fields from the outside in; a number is the place in a repeated one. */
  readonly path: readonly (string | number)[];
  readonly numbers: Float32Array | Uint32Array;
}

/** Shorter runs are decoded with the rest. */
const LIFT_FROM_BYTES = 16 * 1024;

const WIRE = { varint: 0, fixed64: 1, lengthDelimited: 2, fixed32: 5 } as const;

/**
 * Reads a message on the wire (https://protobuf.dev/programming-guides/encoding) without making an object of anything:
 * sixteen million bytes hold eight million empty messages, which would cost gigabytes and seconds. Long runs of float
 * and uint32 numbers are taken out as typed arrays; their fields are marked as unknown in `bytes`, so that decoding
 * skips them.
 *
 * @param bytes changed where numbers are taken out
 * @throws INVALID_ARGUMENT for what is no such message, or more than the limits allow
 */
export function inspectMessage(bytes: Buffer, shape: MessageShape, limits: WireLimits): LiftedNumbers[] {
  const walk = new Walk(bytes, limits);
  walk.message(shape, 0, bytes.length, [], 1);
  return walk.lifted;
}

/** Sets what was taken out of a message in the object that the rest was decoded to. */
export function putBack(message: object, lifted: readonly LiftedNumbers[]): void {
  for (const { path, numbers } of lifted) {
    let target = message as Record<string | number, object>;
    for (const step of path.slice(0, -1)) target = target[step] as Record<string | number, object>;
    target[path.at(-1)!] = numbers;
  }
}

type NumberField = FieldShape & { kind: 'number' };

const WIRE_OF_NUMBER: Readonly<Record<NumberType, number>> = {
  float: WIRE.fixed32,
  fixed32: WIRE.fixed32,
  double: WIRE.fixed64,
  fixed64: WIRE.fixed64,
  uint32: WIRE.varint,
  varint: WIRE.varint,
};

/** One length-delimited field, where it lies and what it is in. */
interface Occurrence {
  tagAt: number;
  end: number;
  /** Among those of the same field. */
  place: number;
  path: readonly (string | number)[];
  depth: number;
  mayLift: boolean;
}

class Walk {
  readonly lifted: LiftedNumbers[] = [];
  #at = 0;
  #fields = 0;
  #numbers = 0;

  constructor(
    private readonly bytes: Buffer,
    private readonly limits: WireLimits,
  ) {}

  message(shape: MessageShape, from: number, to: number, path: readonly (string | number)[], depth: number): void {
    if (depth > this.limits.maxDepth)
      throw tooMuch(`more than ${this.limits.maxDepth} messages inside each other`, 'flatten it');
    const places = new Map<FieldShape, number>();
    this.#at = from;
    while (this.#at < to) {
      const tagAt = this.#at;
      const tag = this.#varint(to);
      if (++this.#fields > this.limits.maxFields)
        throw tooMuch(`more than ${this.limits.maxFields} fields`, 'send it in parts');
      if (tag >>> 3 === 0) throw malformed();
      const field = shape.get(tag >>> 3);
      const wireType = tag & 7;
      // Decoders may read a field by its number alone, whatever its wire type says.
      if (field && !mayHave(field, wireType)) throw malformed();
      const end = this.#end(wireType, to);
      if (field && wireType === WIRE.lengthDelimited) {
        const place = places.get(field) ?? 0;
        places.set(field, place + 1);
        this.#content(field, { tagAt, end, place, path, depth, mayLift: !shape.has(UNKNOWN_FIELD) });
      }
      this.#at = end;
    }
    if (this.#at !== to) throw malformed();
  }

  #content(field: FieldShape, { tagAt, end, place, path, depth, mayLift }: Occurrence): void {
    const from = this.#at;
    switch (field.kind) {
      case 'message': {
        const inner = field.repeated ? [...path, field.name, place] : [...path, field.name];
        return this.message(field.message, from, end, inner, depth + 1);
      }
      case 'text':
        if (end - from > this.limits.maxStringBytes)
          throw tooMuch(
            `a text of ${end - from} bytes in ${field.name}`,
            `texts have at most ${this.limits.maxStringBytes}`,
          );
        return;
      case 'number':
        if (!mayLift || !this.#lift(field, tagAt, end, [...path, field.name])) this.#count(field, end);
        return;
      case 'bytes':
        return;
    }
  }

  /** Takes a run of numbers out. @returns false for runs that are decoded with the rest */
  #lift(field: NumberField, tagAt: number, end: number, path: readonly (string | number)[]): boolean {
    const packed = this.bytes.subarray(this.#at, end);
    if (packed.length < LIFT_FROM_BYTES || this.bytes[tagAt]! > 0x7f) return false;
    const numbers = readPacked(packed, field.type);
    if (!numbers) return false;
    if (this.lifted.some((other) => other.path.join() === path.join()))
      throw new SulcusError('INVALID_ARGUMENT', `The numbers of ${field.name} come in several parts: send them in one`);
    this.lifted.push({ path, numbers });
    this.bytes[tagAt] = (UNKNOWN_FIELD << 3) | WIRE.lengthDelimited;
    return true;
  }

  #count(field: NumberField, end: number): void {
    this.#numbers += countPacked(this.bytes.subarray(this.#at, end), field.type);
    if (this.#numbers > this.limits.maxNumbers)
      throw tooMuch(`more than ${this.limits.maxNumbers} numbers in ${field.name}`, 'send pixels as raw bytes');
  }

  /** Where the content of a field ends; `#at` is then where it begins. */
  #end(wireType: number, to: number): number {
    let end: number;
    switch (wireType) {
      case WIRE.varint: {
        this.#varint(to);
        end = this.#at;
        break;
      }
      case WIRE.fixed64:
        end = this.#at + 8;
        break;
      case WIRE.fixed32:
        end = this.#at + 4;
        break;
      case WIRE.lengthDelimited: {
        const length = this.#varint(to);
        end = this.#at + length;
        break;
      }
      default:
        throw malformed(); // groups, which no message of ours has
    }
    if (end > to) throw malformed();
    return end;
  }

  /** The lower 32 bits, unsigned. */
  #varint(to: number): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at >= to) throw malformed();
      const byte = this.bytes[this.#at++]!;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw malformed();
  }
}

/** The highest number whose tag is one byte. */
const UNKNOWN_FIELD = 15;

function mayHave(field: FieldShape, wireType: number): boolean {
  if (field.kind !== 'number') return wireType === WIRE.lengthDelimited;
  return wireType === WIRE_OF_NUMBER[field.type] || (field.repeated && wireType === WIRE.lengthDelimited);
}

const malformed = (): SulcusError =>
  new SulcusError('INVALID_ARGUMENT', 'The bytes are no message of this method: make them from the proto files');

const tooMuch = (what: string, advice: string): SulcusError =>
  new SulcusError('INVALID_ARGUMENT', `The message has ${what}: ${advice}`);
