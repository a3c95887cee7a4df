import type { ParameterInfo } from '../../layers/parameter.js';

/** A layer's part of its parameters' names. */
export const layerOf = (parameter: string): string => parameter.slice(0, parameter.lastIndexOf('.'));

/** What is known of a network's layers: their names, in order, and which of them convolve each channel by itself. */
interface Layers {
  readonly names: readonly string[];
  readonly depthwise: ReadonlySet<string>;
}

/** Gives layers under torchvision's names those of keras.applications. */
type Naming = (layers: Layers) => ReadonlyMap<string, string>;

const byRule =
  (rename: (name: string) => string | undefined): Naming =>
  ({ names }) =>
    new Map(
      names.flatMap((name): [string, string][] => {
        const keras = rename(name);
        return keras === undefined ? [] : [[name, keras]];
      }),
    );

const resNet = byRule((name) => {
  const [, stage, block, part, number] = /^layer(\d+)\.(\d+)\.(conv|bn|downsample\.)(\d)$/.exec(name) ?? [];
  if (stage === undefined) return { conv1: 'conv1_conv', bn1: 'conv1_bn', fc: 'predictions' }[name];
  const layer = part === 'downsample.' ? `0_${number === '0' ? 'conv' : 'bn'}` : `${number}_${part}`;
  return `conv${Number(stage) + 1}_block${Number(block) + 1}_${layer}`;
});

const denseNet = byRule((name) => {
  const [, block, layer, part, number] =
    /^features\.denseblock(\d+)\.denselayer(\d+)\.(norm|conv)(\d)$/.exec(name) ?? [];
  if (block !== undefined)
    return `conv${Number(block) + 1}_block${layer}_${part === 'norm' ? `${Number(number) - 1}_bn` : `${number}_conv`}`;
  const [, transition, kind] = /^features\.transition(\d+)\.(norm|conv)$/.exec(name) ?? [];
  if (transition !== undefined) return `pool${Number(transition) + 1}_${kind === 'norm' ? 'bn' : 'conv'}`;
  return {
    'features.conv0': 'conv1_conv',
    'features.norm0': 'conv1_bn',
    'features.norm5': 'bn',
    classifier: 'predictions',
  }[name];
});

/**
 * A pool takes a number in torchvision's sequence, so the first convolution of a block is three places after the one
 * before.
 */
const vgg: Naming = ({ names }) => {
  const translated = new Map([
    ['classifier.0', 'fc1'],
    ['classifier.3', 'fc2'],
    ['classifier.6', 'predictions'],
  ]);
  let [block, convolution, last] = [1, 0, -2];
  for (const name of names.filter((each) => each.startsWith('features.'))) {
    const position = Number(name.slice('features.'.length));
    [block, convolution] = position - last > 2 ? [block + 1, 1] : [block, convolution + 1];
    translated.set(name, `block${block}_conv${convolution}`);
    last = position;
  }
  return translated;
};

const mobileNetV3: Naming = ({ names, depthwise }) => {
  const translated = new Map([
    ['classifier.0', 'conv_2'],
    ['classifier.3', 'logits'],
  ]);
  const last = Math.max(...names.map((name) => Number(/^features\.(\d+)\./.exec(name)?.[1] ?? 0)));
  for (const name of names) {
    const [, place, part] = /^features\.(\d+)\.(?:block\.\d+\.)?(\w+)$/.exec(name) ?? [];
    if (place === undefined) continue;
    if (place === '0' || Number(place) === last) {
      translated.set(name, `${place === '0' ? 'conv' : 'conv_1'}${part === '1' ? '_bn' : ''}`);
      continue;
    }
    const block = place === '1' ? 'expanded_conv' : `expanded_conv_${Number(place) - 1}`;
    if (part === 'fc1' || part === 'fc2') {
      translated.set(name, `${block}_squeeze_excite_conv${part === 'fc1' ? '' : '_1'}`);
      continue;
    }
    const convolution = name.replace(/\.1$/, '.0');
    const earlier = names
      .slice(0, names.indexOf(convolution))
      .some((other) => depthwise.has(other) && other.startsWith(`features.${place}.`));
    const role = depthwise.has(convolution) ? 'depthwise' : earlier ? 'project' : 'expand';
    translated.set(name, `${block}_${role}${part === '1' ? '_bn' : ''}`);
  }
  return translated;
};

const NAMINGS: Readonly<Record<string, Naming>> = {
  resnet: resNet,
  densenet: denseNet,
  vgg,
  'mobilenet-v3': mobileNetV3,
};

/**
 * Keras's name of each layer of a network, the layers of a Flatten-Dense-Dense head apart; undefined for a family that
 * Keras lacks.
 */
export function kerasLayerNames(
  family: string,
  parameters: readonly ParameterInfo[],
): ReadonlyMap<string, string> | undefined {
  const names = [...new Set(parameters.map(({ name }) => layerOf(name)))];
  const depthwise = new Set(parameters.filter(({ layout }) => layout === 'depthwise').map(({ name }) => layerOf(name)));
  return NAMINGS[family]?.({ names, depthwise });
}
