/** How one element type of the safetensors format becomes float32. */
interface ElementType {
  /** Bytes per element. */
  readonly bytes: number;
  /** Converts little-endian bytes that start at an aligned address; may keep them as the result's memory. */
  toFloat32(content: Uint8Array): Float32Array;
}

const view = <T>(
  type: new (buffer: ArrayBufferLike, byteOffset: number, length: number) => T,
  bytes: number,
  content: Uint8Array,
): T => new type(content.buffer, content.byteOffset, content.byteLength / bytes);

/** A bfloat16 is the upper half of a float32. */
function bfloat16ToFloat32(content: Uint8Array): Float32Array {
  const halves = view(Uint16Array, 2, content);
  const words = new Uint32Array(halves.length);
  for (let index = 0; index < halves.length; index++) words[index] = halves[index]! << 16;
  return new Float32Array(words.buffer);
}

/** IEEE 754 binary16: 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits. */
function float16ToFloat32(content: Uint8Array): Float32Array {
  return Float32Array.from(view(Uint16Array, 2, content), (bits) => {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >>> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}

/** The element types of safetensors files as torch writes them. */
export const ELEMENT_TYPES = {
  F32: { bytes: 4, toFloat32: (content) => view(Float32Array, 4, content) },
  F64: { bytes: 8, toFloat32: (content) => Float32Array.from(view(Float64Array, 8, content)) },
  F16: { bytes: 2, toFloat32: float16ToFloat32 },
  BF16: { bytes: 2, toFloat32: bfloat16ToFloat32 },
  I64: { bytes: 8, toFloat32: (content) => Float32Array.from(view(BigInt64Array, 8, content), Number) },
  I32: { bytes: 4, toFloat32: (content) => Float32Array.from(view(Int32Array, 4, content)) },
  I16: { bytes: 2, toFloat32: (content) => Float32Array.from(view(Int16Array, 2, content)) },
  I8: { bytes: 1, toFloat32: (content) => Float32Array.from(view(Int8Array, 1, content)) },
  U8: { bytes: 1, toFloat32: (content) => Float32Array.from(content) },
  BOOL: { bytes: 1, toFloat32: (content) => Float32Array.from(content) },
} as const satisfies Record<string, ElementType>;

export const isElementType = (name: string): name is keyof typeof ELEMENT_TYPES => Object.hasOwn(ELEMENT_TYPES, name);
