import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { choice } from '#libs/config';
import { decodeSafetensors, encodeSavedModel, type Head, type NetworkConfig } from '#libs/nn';
import type { ModelCard } from '#libs/registry';
import { parseCommandLine } from '#libs/service';
import { natsOption, outputOption } from '../../shared/options.js';
import { fetchVersion } from './fetch-version.js';

const OPTIONS = {
  format: [
    '--format <name>',
    choice(['safetensors', 'saved-model'], {
      default: 'safetensors',
      description: 'safetensors: weights for torch; saved-model: the whole network for TensorFlow Serving',
    }),
  ],
  output: outputOption('<path>', 'file (safetensors) or folder (saved-model) to write (default: named by the version)'),
  nats: natsOption,
} as const;

/** `sulcus weights export VERSION`: a published version for other programs. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = 'Writes a published version as torch and torchvision read it, or as TensorFlow Serving does.';
  const parsed = parseCommandLine(
    { name: 'sulcus weights export', description, options: OPTIONS, operand: '<version>' },
    argv,
  );
  if (!parsed) return;
  const version = parsed.operand!;
  const { format, nats, output } = parsed.options;
  const { card, weights } = await fetchVersion(version, nats);
  const target = output ?? (format === 'safetensors' ? `${version}.safetensors` : `${version}-saved-model`);
  if (format === 'safetensors') await writeFile(target, weights);
  else {
    await mkdir(target, { recursive: true });
    const network = encodeSavedModel(networkOf(card), decodeSafetensors(weights).state);
    await writeFile(join(target, 'saved_model.pb'), network);
  }
  const classes = `${card.classes.length} classes (${card.classes.join(', ')})`;
  console.log(`${card.architecture} with ${classes} written to ${target}`);
}

const networkOf = ({
  architecture,
  head,
  classes,
  input: { height, width, channels, normalize },
}: ModelCard): NetworkConfig => ({
  architecture,
  head: head as Head | undefined,
  classes: classes.length,
  input: { height, width, channels: channels as 1 | 3 },
  normalize,
  precision: 'float32',
});
