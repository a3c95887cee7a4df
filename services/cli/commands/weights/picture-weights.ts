import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseCommandLine } from '#libs/service';
import { writeLayers } from '../../report/index.js';
import { natsOption, outputOption } from '../../shared/options.js';
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
  const pictures = await writeLayers(folder, bytes);
  console.log(`${pictures} pictures written to ${folder}`);
}
