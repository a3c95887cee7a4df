import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { decodeSafetensors, encodeSafetensors, type NetworkState } from '#libs/nn';
import { isCode } from '../../helpers/errors.js';

const state: NetworkState = new Map([
  ['b', { shape: [2, 2], data: Float32Array.of(1.5, -0, Infinity, 1e-40) }],
  ['a', { shape: [], data: Float32Array.of(3) }],
  ['empty', { shape: [0, 3], data: new Float32Array() }],
]);

/** A file with the given header text and tensor bytes. */
const file = (header: string, data: Uint8Array = new Uint8Array()): Buffer => {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  return Buffer.concat([length, Buffer.from(header), data]);
};

describe('safetensors', () => {
  it('a round trip keeps every bit, the shapes and the metadata', () => {
    const decoded = decodeSafetensors(encodeSafetensors(state, { run: 'r1' }));
    assert.deepEqual(decoded.metadata, { format: 'pt', run: 'r1' });
    assert.deepEqual([...decoded.state.keys()].sort(), [...state.keys()].sort());
    for (const [name, { shape, data }] of state) {
      assert.deepEqual(decoded.state.get(name)!.shape, shape);
      assert.deepEqual(new Uint32Array(decoded.state.get(name)!.data.buffer), new Uint32Array(data.buffer));
    }
  });

  it('equal states give equal bytes whatever the order; the tensors start at a multiple of 8', () => {
    const encoded = encodeSafetensors(state, { b: '1', a: '2' });
    assert.ok(encoded.equals(encodeSafetensors(new Map([...state].reverse()), { a: '2', b: '1' })));
    assert.equal((8 + Number(encoded.readBigUInt64LE())) % 8, 0);
  });

  it('writes the layout of the format: length, JSON header, tensors in the order of their names', () => {
    const encoded = encodeSafetensors(new Map([['w', { shape: [2], data: Float32Array.of(1, 2) }]]));
    const length = Number(encoded.readBigUInt64LE());
    assert.deepEqual(JSON.parse(encoded.subarray(8, 8 + length).toString()), {
      __metadata__: { format: 'pt' },
      w: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
    });
    assert.deepEqual([encoded.readFloatLE(8 + length), encoded.readFloatLE(12 + length)], [1, 2]);
  });

  it('reads what the reference implementation writes, of every element type', () => {
    const { state: read, metadata } = decodeSafetensors(
      readFileSync(new URL('../../fixtures/nn/reference.safetensors', import.meta.url)),
    );
    assert.deepEqual(metadata, { 'written by': 'safetensors' });
    assert.deepEqual(read.get('float32'), {
      shape: [2, 3],
      data: Float32Array.of(1.5, -2.25, 3e-40, Infinity, 0.1, -0),
    });
    assert.deepEqual(read.get('float64')!.data, Float32Array.of(0.1));
    // 6e-8 is stored as the smallest subnormal, 2^-24.
    assert.deepEqual(read.get('float16')!.data, Float32Array.of(1, -0.333251953125, 2 ** -24, -Infinity));
    assert.deepEqual(read.get('bfloat16')!.data, Float32Array.of(1, -3.140625));
    assert.deepEqual(read.get('bn1.num_batches_tracked'), { shape: [], data: Float32Array.of(7) });
  });

  it('reads from any offset of a larger buffer and shares no memory with it', () => {
    const encoded = encodeSafetensors(state);
    const shifted = Buffer.concat([Buffer.alloc(3), encoded]).subarray(3);
    const { state: read } = decodeSafetensors(shifted);
    shifted.fill(0);
    assert.deepEqual(read.get('a')!.data, Float32Array.of(3));
  });

  const entry = (more: Record<string, unknown> = {}) =>
    JSON.stringify({ t: { dtype: 'F32', shape: [1], data_offsets: [0, 4], ...more } });
  const broken: [string, Buffer, RegExp][] = [
    ['no bytes', Buffer.alloc(0), /0 bytes are too few/],
    ['another format', Buffer.from('PK\x03\x04 a zip file, as torch.save writes it'), /is this a safetensors file/],
    ['a header beyond the end', file('{}').subarray(0, 9), /cut off/],
    ['a header that is no JSON', file('{"t"'), /no JSON/],
    ['a header that is no object', file('[]'), /malformed/],
    ['an entry without offsets', file('{"t":{"dtype":"F32","shape":[1]}}', new Uint8Array(4)), /malformed/],
    ['a negative size', file(entry({ shape: [-1] }), new Uint8Array(4)), /malformed/],
    ['an unknown element type', file(entry({ dtype: 'F4' }), new Uint8Array(4)), /unknown type F4/],
    ['a shape that does not fit the bytes', file(entry({ shape: [2] }), new Uint8Array(4)), /cannot have 4 bytes/],
    ['a gap in front of a tensor', file(entry({ data_offsets: [4, 8] }), new Uint8Array(8)), /expected to start at 0/],
    ['bytes that belong to no tensor', file(entry(), new Uint8Array(8)), /take 4 bytes, the file holds 8/],
    ['tensors that are cut off', encodeSafetensors(state).subarray(0, -1), /the file holds/],
  ];
  for (const [what, bytes, message] of broken) {
    it(`refuses ${what}`, () => {
      assert.throws(() => decodeSafetensors(bytes), isCode('MODEL_INVALID', message));
    });
  }
});
