import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { choice, integer, optional, text } from '#libs/config';
import { SulcusError } from '#libs/errors';
import { encodeSafetensors, getModel, HEADS, importWeights, listModels, type ImportReport } from '#libs/nn';
import { parseCommandLine } from '#libs/service';
import { outputOption } from '../../shared/options.js';
import { readWeights } from './read-weights.js';

/** Where imported weights go unless told otherwise. */
const WEIGHTS_FOLDER = '.sulcus/weights';

const IMAGENET_CLASSES = 1000;

const OPTIONS = {
  model: ['--model <name>', text({ description: 'the network: sulcus models lists them' })],
  classes: [
    '--classes <n>',
    integer({
      default: IMAGENET_CLASSES,
      min: 2,
      description: 'classes; the last layer is initialised anew when the file has another number',
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
        description: 'height and width of the images (default: what the network was designed for)',
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
  seed: ['--seed <n>', integer({ default: 1, min: 0, description: 'determines layers that are initialised anew' })],
  output: outputOption('<file>', `file to write (default: ${WEIGHTS_FOLDER}/<model>-<classes>.safetensors)`),
} as const;

/** `sulcus weights import FILE`: pretrained weights as a file that a recipe begins with. */
export async function main(argv: readonly string[]): Promise<void> {
  const description =
    'Reads pretrained weights, says what fits, and writes them for a recipe to begin with (initialWeights).';
  const parsed = parseCommandLine(
    { name: 'sulcus weights import', description, options: OPTIONS, operand: '<file>' },
    argv,
  );
  if (!parsed) return;
  const { model: architecture, classes, head, seed, size, channelOrder } = parsed.options;
  if (!listModels().includes(architecture)) {
    const message = `--model "${architecture}": there is no such network; there are ${listModels().join(', ')}`;
    throw new SulcusError('INVALID_CONFIG', message);
  }
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
  const output = parsed.options.output ?? `${WEIGHTS_FOLDER}/${architecture}-${classes}.safetensors`;
  await mkdir(dirname(output), { recursive: true });
  await writeFile(output, encodeSafetensors(state, { architecture }));
  console.log([...file.notes, ...reportLines(report), `written to ${output}`].join('\n'));
}

function reportLines({ adopted, drawn, leftOut, notes }: ImportReport): string[] {
  return [
    ...notes,
    `${adopted.length} tensors taken over`,
    ...drawn.map(
      ({ name, shape, inFile }) =>
        `${name} ${shapeText(shape)} initialised anew, in the file it is ${shapeText(inFile)}`,
    ),
    ...leftOut.map((name) => `${name} of the file left out`),
  ];
}

const shapeText = (shape: readonly number[] | undefined): string => (shape ? `[${shape.join(', ')}]` : 'missing');
