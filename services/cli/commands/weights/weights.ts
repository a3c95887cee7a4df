import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { choice, integer, optional, text } from '#libs/config';
import { SulcusError } from '#libs/errors';
import { encodeImage } from '#libs/imaging';
import {
  assertWrittenFor,
  decodeSafetensors,
  encodeSafetensors,
  encodeSavedModel,
  getModel,
  HEADS,
  importWeights,
  listModels,
  readKerasLayers,
  translateKeras,
  type ChannelOrder,
  type Head,
  type ImportReport,
  type NetworkConfig,
  type NetworkState,
} from '#libs/nn';
import type { ModelCard, Registry } from '#libs/registry';
import { parseCommandLine } from '#libs/service';
import { natsOption, outputOption } from '../../shared/options.js';
import { withRegistry } from '../../shared/registry-access.js';
import { drawWeights } from './draw-weights.js';

/** Where imported weights go unless told otherwise. */
const WEIGHTS_FOLDER = '.sulcus/weights';

const IMAGENET_CLASSES = 1000;

const IMPORT_OPTIONS = {
  model: ['--model <name>', text({ description: 'the network: sulcus models lists them' })],
  classes: [
    '--classes <n>',
    integer({
      default: IMAGENET_CLASSES,
      min: 2,
      description: 'classes; the last layer is drawn anew when the file has another number',
    }),
  ],
  head: [
    '--head <name>',
    choice(HEADS, { default: 'classifier', description: `what follows the features: ${HEADS.join(', ')}` }),
  ],
  size: [
    '--size <px>',
    optional(
      integer({
        min: 1,
        max: 4096,
        description: 'height and width of the images; default: what the network was designed for',
      }),
    ),
  ],
  channelOrder: [
    '--channel-order <order>',
    choice(['rgb', 'bgr'], {
      default: 'rgb',
      description: 'colours of the images the weights of a Keras file were trained on; bgr turns the first layer round',
    }),
  ],
  seed: ['--seed <n>', integer({ default: 1, min: 0, description: 'determines layers that are drawn anew' })],
  output: outputOption('<file>', `file to write (default: ${WEIGHTS_FOLDER}/<model>-<classes>.safetensors)`),
} as const;

const EXPORT_OPTIONS = {
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

const PICTURE_OPTIONS = {
  output: outputOption('<folder>', 'folder for the pictures (default: <name>-layers)'),
  nats: natsOption,
} as const;

const USAGE = `sulcus weights import <file> --model <name>   read pretrained weights (safetensors with names of torchvision or timm; .h5 of Keras)
sulcus weights picture <file|version>         draw the weights of every layer as PNG files
sulcus weights export <version>               write a published version (safetensors with torchvision's names, or a SavedModel)`;

/** `sulcus weights import|export`. */
export async function main(argv: readonly string[]): Promise<void> {
  const [verb, ...words] = argv;
  if (verb === 'import') return importFile(words);
  if (verb === 'export') return exportVersion(words);
  if (verb === 'picture') return drawPictures(words);
  if (verb === undefined || verb === '--help' || verb === '-h') return console.log(USAGE);
  throw new SulcusError(
    'INVALID_CONFIG',
    `sulcus weights ${verb}: there is no such command; there are import, picture and export`,
  );
}

async function importFile(argv: readonly string[]): Promise<void> {
  const description =
    'Reads pretrained weights, says what fits, and writes them for a recipe to begin with (initialWeights).';
  const parsed = parseCommandLine(
    { name: 'sulcus weights import', description, options: IMPORT_OPTIONS, operand: '<file>' },
    argv,
  );
  if (!parsed) return;
  const {
    model: architecture,
    classes,
    head,
    seed,
    size,
    channelOrder,
    output = `${WEIGHTS_FOLDER}/${architecture}-${classes}.safetensors`,
  } = parsed.options;
  if (!listModels().includes(architecture))
    throw new SulcusError(
      'INVALID_CONFIG',
      `--model "${architecture}": there is no such network; there are ${listModels().join(', ')}`,
    );
  const sizePx = size ?? getModel(architecture).defaultInputPx;
  const config = {
    architecture,
    classes,
    input: { height: sizePx, width: sizePx, channels: 3 },
    normalize: { mean: [0.5], std: [0.5] },
    precision: 'float32',
    head,
  } as const;
  const file = await readWeights(parsed.operand!, config, channelOrder);
  const { state, report } = importWeights(config, file.state, seed);
  await mkdir(dirname(output), { recursive: true });
  await writeFile(output, encodeSafetensors(state, { architecture }));
  console.log([...file.notes, ...reportLines(report), `written to ${output}`].join('\n'));
}

async function exportVersion(argv: readonly string[]): Promise<void> {
  const description = 'Writes a published version as torch and torchvision read it, or as TensorFlow Serving does.';
  const parsed = parseCommandLine(
    {
      name: 'sulcus weights export',
      description,
      options: EXPORT_OPTIONS,
      operand: '<version>',
    },
    argv,
  );
  if (!parsed) return;
  const { operand: version, options } = parsed;
  const { card, weights } = await fetchVersion(version!, options.nats);
  const out =
    options.output ?? (options.format === 'safetensors' ? `${version}.safetensors` : `${version}-saved-model`);
  if (options.format === 'saved-model') {
    await mkdir(out, { recursive: true });
    await writeFile(join(out, 'saved_model.pb'), encodeSavedModel(networkOf(card), decodeSafetensors(weights).state));
  } else {
    await writeFile(out, weights);
  }
  console.log(
    `${card.architecture} with ${card.classes.length} classes (${card.classes.join(', ')}) written to ${out}`,
  );
}

async function drawPictures(argv: readonly string[]): Promise<void> {
  const description =
    'Draws the weights of every convolution and linear layer: of a safetensors file, such as the one a run began with,\nor of a published version.';
  const parsed = parseCommandLine(
    {
      name: 'sulcus weights picture',
      description,
      options: PICTURE_OPTIONS,
      operand: '<file|version>',
    },
    argv,
  );
  if (!parsed) return;
  const { operand, options } = parsed;
  const bytes = existsSync(operand!) ? await readFile(operand!) : (await fetchVersion(operand!, options.nats)).weights;
  const folder = options.output ?? `${basename(operand!, '.safetensors')}-layers`;
  await mkdir(folder, { recursive: true });
  const pictures = drawWeights(decodeSafetensors(bytes).state);
  for (const { name, image } of pictures) await writeFile(join(folder, `${name}.png`), await encodeImage(image, 'png'));
  console.log(`${pictures.length} pictures written to ${folder}`);
}

/** A published version with its safetensors file. @throws NOT_FOUND; MODEL_INVALID when it is damaged; BUS_UNAVAILABLE */
const fetchVersion = (version: string, natsUrl: string): Promise<{ card: ModelCard; weights: Uint8Array }> =>
  withRegistry('weights', natsUrl, async (registry) => {
    const card = await cardOf(registry, version);
    return { card, weights: await registry.loadWeights(card) };
  });

/** @throws NOT_FOUND */
async function cardOf(registry: Registry, version: string): Promise<ModelCard> {
  const card = await registry.get(version);
  if (!card) throw new SulcusError('NOT_FOUND', `There is no version "${version}"`, { details: { version } });
  return card;
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

/**
 * Reads a file's tensors, under torchvision's names where Keras wrote it.
 * @throws INVALID_CONFIG when there is no such file, or it is of a format that must be converted first; MODEL_INVALID when it is damaged
 */
async function readWeights(
  path: string,
  config: NetworkConfig,
  channelOrder: ChannelOrder,
): Promise<{ state: NetworkState; notes: readonly string[] }> {
  if (['.h5', '.hdf5'].includes(extname(path)))
    return translateKeras(config, await readKerasLayers(path), channelOrder);
  const advice = CONVERSIONS[extname(path)];
  if (advice !== undefined)
    throw new SulcusError(
      'INVALID_CONFIG',
      `${path}: only safetensors and HDF5 files are read; in Python, ${advice} writes one`,
    );
  try {
    const { state, metadata } = decodeSafetensors(await readFile(path));
    assertWrittenFor(config.architecture, metadata);
    return { state, notes: [] };
  } catch (error) {
    if (error instanceof SulcusError) throw error;
    throw new SulcusError('INVALID_CONFIG', `${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

const SAVE_SAFETENSORS = 'safetensors.torch.save_file(model.state_dict(), "weights.safetensors")';

/** What to do with files of other formats, by their ending. */
const CONVERSIONS: Readonly<Record<string, string>> = {
  '.pth': SAVE_SAFETENSORS,
  '.pt': SAVE_SAFETENSORS,
  '.bin': SAVE_SAFETENSORS,
  '.keras': 'keras.models.load_model(path).save_weights("model.weights.h5")',
};

const shapeText = (shape: readonly number[] | undefined): string => (shape ? `[${shape.join(', ')}]` : 'missing');

function reportLines({ adopted, drawn, leftOut, notes }: ImportReport): string[] {
  return [
    ...notes,
    `${adopted.length} tensors taken over`,
    ...drawn.map(
      ({ name, shape, inFile }) => `${name} ${shapeText(shape)} drawn anew, in the file it is ${shapeText(inFile)}`,
    ),
    ...leftOut.map((name) => `${name} of the file left out`),
  ];
}
