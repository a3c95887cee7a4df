import { endianness } from 'node:os';
import type { InferInputTensor, InferTensorContents, ModelInferRequest } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { ImageInput } from '#libs/imaging';
import type { ModelCard } from '#libs/registry';
import { ELEMENT_BYTES, INPUT, INPUT_DATATYPES, pixelShape, splitElements, type InputDatatype } from './tensors.js';

const invalid = (message: string): SulcusError => new SulcusError('INVALID_ARGUMENT', message);

/**
 * The images of a request, checked against what a version takes. They alias the request's bytes where those are raw.
 *
 * @throws INVALID_ARGUMENT that says what is wrong and what is right; UNIMPLEMENTED for shared memory
 */
export function requestImages(request: ModelInferRequest, card: ModelCard, maxBatchSize: number): ImageInput[] {
  const input = onlyInput(request);
  const datatype = INPUT_DATATYPES.find((known) => known === input.datatype);
  if (!datatype)
    throw invalid(
      `Input "${INPUT}" has the datatype ${input.datatype || '(none)'}: it is one of ${INPUT_DATATYPES.join(', ')}`,
    );
  const count = countImages(input.shape, datatype, card, maxBatchSize);
  const elements = rawOf(request, input);
  if (datatype === 'BYTES') return encodedImages(elements ?? typedOf(input).bytesContents, count);
  return pixelImages(elements ?? typedPixels(typedOf(input), datatype), datatype, count, card);
}

function onlyInput({ inputs }: ModelInferRequest): InferInputTensor {
  const [input] = inputs;
  if (!input || inputs.length > 1) throw invalid(`The request has ${inputs.length} inputs: it has one, "${INPUT}"`);
  if (input.name !== INPUT) throw invalid(`There is no input "${input.name}": the input is "${INPUT}"`);
  if ('shared_memory_region' in input.parameters)
    throw new SulcusError('UNIMPLEMENTED', 'Tensors in shared memory are not served: send them in the request');
  return input;
}

/** Checks the whole shape; the first dimension is the number of images. */
function countImages(shape: readonly number[], datatype: InputDatatype, card: ModelCard, maxBatchSize: number): number {
  const [count = 0, ...rest] = shape;
  const expected = datatype === 'BYTES' ? [1] : pixelShape(card);
  const fits = rest.length === expected.length && rest.every((size, index) => size === expected[index]);
  if (!fits && !(datatype === 'BYTES' && shape.length === 1)) {
    throw invalid(
      `Input "${INPUT}" has the shape [${shape.join(',')}]: ${datatype} has [images,${expected.join(',')}]` +
        (datatype === 'BYTES' ? ' or [images]' : ''),
    );
  }
  if (!Number.isSafeInteger(count) || count < 1 || count > maxBatchSize)
    throw invalid(`The request has ${count} images: it has 1 to ${maxBatchSize}`);
  return count;
}

/** The input's raw bytes, if the request is raw. */
function rawOf({ rawInputContents, inputs }: ModelInferRequest, input: InferInputTensor): Buffer | undefined {
  if (rawInputContents.length === 0) return undefined;
  if (input.contents) throw invalid('The request has both raw_input_contents and contents: it has one of them');
  if (rawInputContents.length !== inputs.length)
    throw invalid(
      `The request has ${rawInputContents.length} raw_input_contents for ${inputs.length} input: one for each`,
    );
  return rawInputContents[0]!;
}

function typedOf(input: InferInputTensor): InferTensorContents {
  if (!input.contents) throw invalid(`Input "${INPUT}" has no contents: send raw_input_contents or contents`);
  return input.contents;
}

function encodedImages(elements: Buffer | readonly Buffer[], count: number): ImageInput[] {
  const images = Buffer.isBuffer(elements) ? splitElements(elements) : elements;
  if (!images)
    throw invalid(
      `The raw bytes of "${INPUT}" are no BYTES tensor: each element is its length in four little-endian bytes, and ` +
        'then its bytes',
    );
  if (images.length !== count)
    throw invalid(`Input "${INPUT}" holds ${images.length} elements: its shape says ${count}`);
  return images.map((bytes) => ({ format: 'encoded', bytes }));
}

function pixelImages(
  bytes: Buffer,
  datatype: keyof typeof ELEMENT_BYTES,
  count: number,
  card: ModelCard,
): ImageInput[] {
  const imageBytes = pixelShape(card).reduce((product, size) => product * size, ELEMENT_BYTES[datatype]);
  if (bytes.length !== count * imageBytes)
    throw invalid(`Input "${INPUT}" holds ${bytes.length} bytes: its shape and datatype say ${count * imageBytes}`);
  const format = datatype === 'UINT8' ? 'uint8' : 'float32';
  return Array.from({ length: count }, (_, index) => ({
    format,
    bytes: bytes.subarray(index * imageBytes, (index + 1) * imageBytes),
  }));
}

/** Typed elements as the raw bytes they stand for. Of another datatype's field there are none, which the size shows. */
function typedPixels(
  { uintContents, fp32Contents }: InferTensorContents,
  datatype: keyof typeof ELEMENT_BYTES,
): Buffer {
  if (datatype === 'FP32') return Buffer.from(Float32Array.from(fp32Contents).buffer);
  const wrong = uintContents.findIndex((value) => value > 255);
  if (wrong >= 0) throw invalid(`Element ${wrong} of "${INPUT}" is ${uintContents[wrong]}: UINT8 is 0 to 255`);
  return Buffer.from(uintContents);
}

// Raw floats are little-endian on the wire and are read in place.
if (endianness() !== 'LE')
  throw new SulcusError('UNSUPPORTED_VERSION', 'Raw tensors are read on little-endian machines only');

/** Bytes that a request keeps in memory until it is answered. */
export function requestBytes({ rawInputContents, inputs }: ModelInferRequest): number {
  const raw = rawInputContents.reduce((sum, { length }) => sum + length, 0);
  return inputs.reduce((sum, { contents }) => sum + (contents ? contentsBytes(contents) : 0), raw);
}

/** Numbers are eight bytes each in JavaScript's arrays. */
function contentsBytes({ bytesContents, ...numbers }: InferTensorContents): number {
  const elements = Object.values(numbers).reduce((sum, values) => sum + values.length, 0);
  return bytesContents.reduce((sum, { length }) => sum + length, 8 * elements);
}
