import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { encodeImage } from '#libs/imaging';
import { decodeSafetensors } from '#libs/nn';
import { parseCommandLine } from '#libs/service';
import { natsOption, outputOption } from '../../shared/options.js';
import { drawWeights } from './draw-weights.js';
import { fetchVersion } from './fetch-version.js';

const OPTIONS = {
  output: outputOption('<folder>', 'folder for the pictures (default: <name>-layers)'),
  nats: natsOption,
} as const;

/** `sulcus weights picture FILE|VERSION`: the weights of every layer as PNG files. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = `Draws the weights of every convolution and linear layer: of a safetensors file, such as the one \
a run began with, or of a published version.`;
  const parsed = parseCommandLine(
    { name: 'sulcus weights picture', description, options: OPTIONS, operand: '<file|version>' },
    argv,
  );
  if (!parsed) return;
  const source = parsed.operand!;
  const { output, nats } = parsed.options;
  const bytes = existsSync(source) ? await readFile(source) : (await fetchVersion(source, nats)).weights;
  const folder = output ?? `${basename(source, '.safetensors')}-layers`;
  await mkdir(folder, { recursive: true });
  const pictures = drawWeights(decodeSafetensors(bytes).state);
  for (const { name, image } of pictures) await writeFile(join(folder, `${name}.png`), await encodeImage(image, 'png'));
  console.log(`${pictures.length} pictures written to ${folder}`);
}
