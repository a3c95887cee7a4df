import { endianness } from 'node:os';
import { z } from 'zod';
import { SulcusError } from '#libs/errors';
import { ELEMENT_TYPES, isElementType } from './element-types.js';
import { elementCount, type NetworkState, type StateTensor } from './network-state.js';

/** Free text beside the tensors. */
export type SafetensorsMetadata = Readonly<Record<string, string>>;

/** The header's length stands in front of it as an unsigned 64-bit number. */
const LENGTH_BYTES = 8;
/** The format's own limit. */
const MAX_HEADER_BYTES = 100_000_000;
/** Header and tensors start at multiples of this, so that readers may map them. */
const ALIGNMENT_BYTES = 8;

const entrySchema = z.strictObject({
  dtype: z.string(),
  shape: z.array(z.int().nonnegative()),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});
const headerSchema = z.object({ __metadata__: z.record(z.string(), z.string()).optional() }).catchall(entrySchema);

interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Writes a state as a safetensors file (https://github.com/huggingface/safetensors), float32, in torch's layout and
 * under torchvision's names, so that `load_state_dict(safetensors.torch.load_file(path))` reads it. Tensors are in the
 * order of their names: equal states give equal bytes, whatever order they were built in.
 */
export function encodeSafetensors(state: NetworkState, metadata: SafetensorsMetadata = {}): Buffer {
  assertLittleEndian();
  const names = [...state.keys()].sort();
  const header: Record<string, unknown> = { __metadata__: sorted({ format: 'pt', ...metadata }) };
  let offset = 0;
  for (const name of names) {
    const { shape, data } = state.get(name)!;
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, (offset += data.byteLength)] };
  }
  const text = Buffer.from(JSON.stringify(header));
  const headerBytes = Math.ceil(text.length / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  const file = Buffer.alloc(LENGTH_BYTES + headerBytes + offset, ' ');
  file.writeBigUInt64LE(BigInt(headerBytes));
  text.copy(file, LENGTH_BYTES);
  let position = LENGTH_BYTES + headerBytes;
  for (const name of names) {
    const { data } = state.get(name)!;
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return file;
}

/**
 * Reads a safetensors file. Values of every element type become float32 (integers beyond 2^24 lose digits). The result
 * shares no memory with `bytes`.
 * @throws MODEL_INVALID when the bytes do not follow the format
 */
export function decodeSafetensors(bytes: Uint8Array): { state: NetworkState; metadata: SafetensorsMetadata } {
  assertLittleEndian();
  const { header, dataStart } = readHeader(bytes);
  const { entries, metadata } = checkHeader(header, bytes.length - dataStart);
  const state = new Map<string, StateTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    // The copy also aligns the bytes for the typed arrays.
    const content = new Uint8Array(bytes.subarray(dataStart + begin, dataStart + end));
    if (!isElementType(dtype)) throw invalid(`tensor "${name}" has the unknown type ${dtype}`);
    state.set(name, { shape, data: ELEMENT_TYPES[dtype].toFloat32(content) });
  }
  return { state, metadata };
}

function readHeader(bytes: Uint8Array): { header: unknown; dataStart: number } {
  if (bytes.length < LENGTH_BYTES) throw invalid(`${bytes.length} bytes are too few`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES)
    throw invalid(`a header of ${length} bytes is over the limit of ${MAX_HEADER_BYTES}: is this a safetensors file?`);
  const dataStart = LENGTH_BYTES + length;
  if (dataStart > bytes.length) throw invalid(`the header of ${length} bytes is cut off: the file has ${bytes.length}`);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(LENGTH_BYTES, dataStart));
    return { header: JSON.parse(text), dataStart };
  } catch (error) {
    throw invalid('the header is no JSON', error);
  }
}

/** The format wants the tensors to cover the data without a gap or an overlap, so that nothing can hide in a file. */
function checkHeader(header: unknown, dataBytes: number): { entries: Entry[]; metadata: SafetensorsMetadata } {
  const parsed = headerSchema.safeParse(header);
  if (!parsed.success) throw invalid(`the header is malformed: ${z.prettifyError(parsed.error)}`);
  const { __metadata__: metadata = {}, ...tensors } = parsed.data;
  const entries = Object.entries(tensors).map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [begin, end],
      },
    ]): Entry => ({ name, dtype, shape, begin, end }),
  );
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const { name, dtype, shape, begin, end } of entries) {
    if (begin !== position || end < begin)
      throw invalid(`tensor "${name}" is at ${begin}-${end}, expected to start at ${position}`);
    if (isElementType(dtype) && elementCount(shape) * ELEMENT_TYPES[dtype].bytes !== end - begin) {
      throw invalid(
        `tensor "${name}" of type ${dtype} and shape [${shape.join(', ')}] cannot have ${end - begin} bytes`,
      );
    }
    position = end;
  }
  if (position !== dataBytes) throw invalid(`the tensors take ${position} bytes, the file holds ${dataBytes}`);
  return { entries, metadata };
}

const sorted = (record: SafetensorsMetadata): SafetensorsMetadata =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

const invalid = (reason: string, cause?: unknown): SulcusError =>
  new SulcusError('MODEL_INVALID', `Not a valid safetensors file: ${reason}`, { cause });

function assertLittleEndian(): void {
  if (endianness() !== 'LE') throw new SulcusError('UNIMPLEMENTED', 'safetensors needs a little-endian machine');
}
