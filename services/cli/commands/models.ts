import { choice, integer, optional } from '#libs/config';
import { getModel, HEADS, listModels, summariseNetwork, type Head, type NetworkConfig } from '#libs/nn';
import { parseCommandLine, table } from '#libs/service';

const OPTIONS = {
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
  classes: ['--classes <n>', integer({ default: 1000, min: 2, description: 'number of classes' })],
  head: [
    '--head <name>',
    choice(HEADS, { default: 'classifier', description: `what follows the features: ${HEADS.join(', ')}` }),
  ],
} as const;

/** `sulcus models [NAME]`: the zoo as a table, or one network layer by layer. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = 'Lists the networks there are, or describes one layer by layer.';
  const parsed = parseCommandLine({ name: 'sulcus models', description, options: OPTIONS, operand: '[name]' }, argv);
  if (!parsed) return;
  const { operand, options } = parsed;
  const lines =
    operand === undefined
      ? listLines(options.classes)
      : summaryLines(configOf(operand, options.classes, options.size, options.head));
  console.log(lines.join('\n'));
}

const configOf = (
  architecture: string,
  classes: number,
  sizePx = getModel(architecture).defaultInputPx,
  head: Head = 'classifier',
): NetworkConfig => ({
  architecture,
  classes,
  input: { height: sizePx, width: sizePx, channels: 3 },
  normalize: { mean: [0.5], std: [0.5] },
  precision: 'float32',
  head,
});

const giga = (count: number): string => (count / 1e9).toFixed(3);
const grouped = (count: number): string => count.toLocaleString('en');

/** One line per network: parameters, multiply-adds at the size it was designed for, sizes it takes. */
function listLines(classes: number): string[] {
  const rows = listModels().map((name) => {
    const { minimumInputPx, defaultInputPx, reference } = getModel(name);
    const { parameters, multiplyAdds } = summariseNetwork(configOf(name, classes));
    return [
      name,
      grouped(parameters),
      giga(multiplyAdds),
      `${defaultInputPx} px`,
      `from ${minimumInputPx} px`,
      reference,
    ];
  });
  return table(
    [['model', 'parameters', 'G multiply-adds', 'designed for', 'takes', 'source'], ...rows],
    new Set([1, 2]),
  );
}

function summaryLines(config: NetworkConfig): string[] {
  const { layers, parameters, multiplyAdds } = summariseNetwork(config);
  const rows = layers.map(({ name, kind, outputShape, parameters: own, multiplyAdds: work }) => [
    name,
    kind,
    outputShape.join(' × '),
    own === 0 ? '' : grouped(own),
    work === 0 ? '' : grouped(work),
  ]);
  const { height, width } = config.input;
  const size = `image of ${height} × ${width}, ${config.classes} classes`;
  return [
    `${config.architecture}: ${getModel(config.architecture).reference}`,
    '',
    ...table([['layer', 'kind', 'output', 'parameters', 'multiply-adds'], ...rows], new Set([3, 4])),
    '',
    `${grouped(parameters)} parameters, ${giga(multiplyAdds)} G multiply-adds per ${size}`,
  ];
}
