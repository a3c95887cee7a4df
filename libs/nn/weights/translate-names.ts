import { getModel } from '../models/index.js';
import { elementCount, type NetworkState, type StateTensor } from '../state/network-state.js';

/** What wrappers put in front of every name: torch's DataParallel and torch.compile. */
const WRAPPERS = /^(module\.|_orig_mod\.)+/;

/** A state under torchvision's names, and what had to be known to read it so. */
export interface TranslatedState {
  readonly state: NetworkState;
  /** Sentences for people: whose names these were, and what differs beside them. */
  readonly notes: readonly string[];
}

/** How a family's weights are named elsewhere; undefined: these names are not of that origin. */
type Translation = (state: NetworkState) => TranslatedState | undefined;

const renamed = (state: NetworkState, rename: (name: string) => string): NetworkState =>
  new Map([...state].map(([name, tensor]) => [rename(name), tensor]));

/**
 * timm writes linear layers of a classifier as convolutions: [out, in, height, width] holds the values of [out, in ·
 * height · width] in their order.
 */
const asLinear = ({ shape, data }: StateTensor): StateTensor => ({
  shape: [shape[0]!, elementCount(shape.slice(1))],
  data,
});

const TIMM_VGG: Readonly<Record<string, string>> = {
  'pre_logits.fc1': 'classifier.0',
  'pre_logits.fc2': 'classifier.3',
  'head.fc': 'classifier.6',
};

const timmVgg: Translation = (state) => {
  if (!state.has('head.fc.weight')) return undefined;
  const translated = [...state].map(([name, tensor]): [string, StateTensor] => {
    const layer = name.slice(0, name.lastIndexOf('.'));
    const target = TIMM_VGG[layer];
    return target === undefined
      ? [name, tensor]
      : [name.replace(layer, target), name.endsWith('.weight') ? asLinear(tensor) : tensor];
  });
  return { state: new Map(translated), notes: ['names of timm'] };
};

/** Parts of timm's blocks, in the order in which torchvision numbers them, each with its batch norm. */
const TIMM_SEPARABLE = [['conv_dw', 'bn1'], ['se'], ['conv_pw', 'bn2']] as const;
const TIMM_INVERTED = [['conv_pw', 'bn1'], ['conv_dw', 'bn2'], ['se'], ['conv_pwl', 'bn3']] as const;

const timmMobileNet: Translation = (state) => {
  if (!state.has('conv_stem.weight')) return undefined;
  const names = [...state.keys()];
  const blocks = [...new Set(names.flatMap((name) => /^blocks\.\d+\.\d+/.exec(name)?.[0] ?? []))].sort(
    (a, b) => blockOrder(a) - blockOrder(b),
  );
  const layers = new Map([
    ['conv_stem', 'features.0.0'],
    ['bn1', 'features.0.1'],
    ['conv_head', 'classifier.0'],
    ['classifier', 'classifier.3'],
  ]);
  for (const [index, block] of blocks.entries()) {
    const target = `features.${index + 1}`;
    const has = (part: string): boolean => names.some((name) => name.startsWith(`${block}.${part}.`));
    layers.set(`${block}.conv`, `${target}.0`).set(`${block}.bn1`, `${target}.1`);
    if (has('conv')) continue;
    const parts = (has('conv_pwl') ? TIMM_INVERTED : TIMM_SEPARABLE).filter(([part]) => has(part));
    for (const [position, [part, batchNorm]] of parts.entries()) {
      if (batchNorm === undefined)
        layers
          .set(`${block}.se.conv_reduce`, `${target}.block.${position}.fc1`)
          .set(`${block}.se.conv_expand`, `${target}.block.${position}.fc2`);
      else
        layers
          .set(`${block}.${part}`, `${target}.block.${position}.0`)
          .set(`${block}.${batchNorm}`, `${target}.block.${position}.1`);
    }
  }
  const translated = [...state].map(([name, tensor]): [string, StateTensor] => {
    const dot = name.lastIndexOf('.');
    const target = layers.get(name.slice(0, dot));
    return target === undefined
      ? [name, tensor]
      : [target + name.slice(dot), name === 'conv_head.weight' ? asLinear(tensor) : tensor];
  });
  return {
    state: new Map(translated),
    notes: [
      'names of timm, whose batch norm adds 1e-5 to the variance where torchvision adds 1e-3: ' +
        'predictions differ a little until the network is trained on',
    ],
  };
};

const blockOrder = (block: string): number => {
  const [stage, index] = block.split('.').slice(1).map(Number) as [number, number];
  return 1000 * stage + index;
};

/** Files of torchvision's first years number the parts of a dense layer: norm.1 for norm1. */
const oldDenseNet: Translation = (state) => {
  const pattern = /(denselayer\d+\.(?:norm|conv))\.([12])\./;
  return [...state.keys()].some((name) => pattern.test(name))
    ? { state: renamed(state, (name) => name.replace(pattern, '$1$2.')), notes: ['names of older torchvision'] }
    : undefined;
};

/** By family of the zoo. ResNet and DenseNet have torchvision's names in timm too. */
const TRANSLATIONS: Readonly<Record<string, Translation>> = {
  vgg: timmVgg,
  'mobilenet-v3': timmMobileNet,
  densenet: oldDenseNet,
};

/**
 * Gives the weights of a network torchvision's names, whatever library wrote them.
 * @throws NOT_FOUND for an unknown architecture
 */
export function translateNames(architecture: string, state: NetworkState): TranslatedState {
  const bare = renamed(state, (name) => name.replace(WRAPPERS, ''));
  const unwrapped = [...state.keys()].some((name) => WRAPPERS.test(name)) ? ['names with the prefix of a wrapper'] : [];
  const translated = TRANSLATIONS[getModel(architecture).family]?.(bare) ?? { state: bare, notes: [] };
  return { state: translated.state, notes: [...unwrapped, ...translated.notes] };
}
