import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encodeImage } from '#libs/imaging';
import { decodeSafetensors } from '#libs/nn';
import { drawWeights } from './draw-weights.js';

/**
 * Writes the weights of every convolution and linear layer as a PNG file each, named by the parameter.
 *
 * @param weights a safetensors file
 * @returns how many were written
 * @throws MODEL_INVALID when the bytes are no safetensors file
 */
export async function writeLayers(folder: string, weights: Uint8Array): Promise<number> {
  await mkdir(folder, { recursive: true });
  const pictures = drawWeights(decodeSafetensors(weights).state);
  for (const { name, image } of pictures)
    await writeFile(path.join(folder, `${name}.png`), await encodeImage(image, 'png'));
  return pictures.length;
}
