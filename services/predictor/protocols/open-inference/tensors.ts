import type { ModelCard } from '#libs/registry';

/** The input of every model: one tensor, as encoded images or as pixels. */
export const INPUT = 'image';
/** The output of every model: `[images, classes]`, each row sums to 1. */
export const OUTPUT = 'probabilities';
/**
 * An output that comes when it is asked for by name: `[images]` BYTES, PNGs of what in each image speaks for a class.
 */
export const EXPLANATION_OUTPUT = 'explanation';

/** Datatypes that the input may come in, the one that metadata name first. */
export const INPUT_DATATYPES = ['UINT8', 'FP32', 'BYTES'] as const;
export type InputDatatype = (typeof INPUT_DATATYPES)[number];

/** Bytes per element of pixels. */
export const ELEMENT_BYTES = { UINT8: 1, FP32: 4 } as const;

/** `[height, width, channels]` of a version's input. */
export const pixelShape = ({ input }: ModelCard): [number, number, number] => [
  input.height,
  input.width,
  input.channels,
];

/** Bytes in front of each element of a BYTES tensor: its length, little-endian. */
const LENGTH_BYTES = 4;

/** Elements of a raw BYTES tensor; undefined when the lengths do not add up to the buffer. Elements alias it. */
export function splitElements(raw: Buffer): Buffer[] | undefined {
  const elements: Buffer[] = [];
  let position = 0;
  while (position < raw.length) {
    if (position + LENGTH_BYTES > raw.length) return undefined;
    const end = position + LENGTH_BYTES + raw.readUInt32LE(position);
    if (end > raw.length) return undefined;
    elements.push(raw.subarray(position + LENGTH_BYTES, end));
    position = end;
  }
  return elements;
}

/** A raw BYTES tensor. */
export function joinElements(elements: readonly Buffer[]): Buffer {
  return Buffer.concat(
    elements.flatMap((element) => {
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt32LE(element.length);
      return [length, element];
    }),
  );
}
