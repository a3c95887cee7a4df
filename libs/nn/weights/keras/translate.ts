import { SulcusError } from '#libs/errors';
import { listParameters } from '../../initial-state.js';
import type { ParameterInfo } from '../../layers/parameter.js';
import { getModel, listModels } from '../../models/index.js';
import type { NetworkConfig } from '../../network-config.js';
import type { StateTensor } from '../../state/network-state.js';
import type { TranslatedState } from '../translate-names.js';
import type { KerasLayer } from './hdf5-file.js';
import { kerasLayerNames, layerOf } from './layer-names.js';
import { reverseInputChannels, toTorchKernel } from './layouts.js';
import { LayerLookup } from './lookup.js';

/** How colours lie in the images a Keras network was trained on. */
export type ChannelOrder = 'rgb' | 'bgr';

/** What keras.applications does otherwise than torchvision in a family. */
interface Peculiarity {
  /** Keras's epsilon of batch norm less ours: added to the variance, the sum under the root is Keras's. */
  readonly epsilonExcess: number;
  /** What the weights that Keras offers for download were trained on. */
  readonly imageNetInput: string;
}

const CAFFE_INPUT =
  'BGR without scaling: import them with --channel-order bgr, ' +
  'and normalise by mean [0.485, 0.458, 0.408] and std 0.00392';

const PECULIARITIES: Readonly<Record<string, Peculiarity>> = {
  resnet: { epsilonExcess: 1.001e-5 - 1e-5, imageNetInput: CAFFE_INPUT },
  vgg: { epsilonExcess: 0, imageNetInput: CAFFE_INPUT },
  densenet: {
    epsilonExcess: 1.001e-5 - 1e-5,
    imageNetInput: 'mean [0.485, 0.456, 0.406] and std [0.229, 0.224, 0.225]',
  },
  'mobilenet-v3': {
    epsilonExcess: 0,
    imageNetInput: 'mean 0.5 and std 0.5 (what the Rescaling layer of the Keras network does)',
  },
};

/** The last name of our parameters → the variable of Keras's layer. */
const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  weight: ['kernel', 'depthwise_kernel', 'gamma'],
  bias: ['bias', 'beta'],
  running_mean: ['moving_mean'],
  running_var: ['moving_variance'],
};

/**
 * Turns the layers of a Keras network into a state with torchvision's names and axes. Biases of convolutions that a
 * batch norm follows move into its mean, and Keras's larger epsilon into its variance: predictions stay the same. What
 * the network has no place for keeps Keras's name.
 * @throws MODEL_INVALID when Keras builds the network otherwise, naming the one to import into
 */
export function translateKeras(
  config: NetworkConfig,
  layers: readonly KerasLayer[],
  channelOrder: ChannelOrder = 'rgb',
): TranslatedState {
  const { family } = getModel(config.architecture);
  const parameters = withOwnClassifier(config);
  const names = kerasLayerNames(family, parameters);
  assertSameNetwork(config.architecture, names !== undefined);
  const { epsilonExcess, imageNetInput } = PECULIARITIES[family]!;
  const lookup = new LayerLookup(layers, names!);
  const featureChannels = parameters.filter(({ name }) => !CLASSIFIER.test(name)).at(-1)!.shape[0]!;

  const state = new Map<string, StateTensor>();
  for (const parameter of parameters) {
    const layer = lookup.find(layerOf(parameter.name));
    const leaf = parameter.name.slice(parameter.name.lastIndexOf('.') + 1);
    const variable = VARIABLES[leaf]!.find((name) => layer?.variables.has(name));
    if (!layer || variable === undefined) continue;
    const tensor = lookup.take(layer, variable);
    state.set(
      parameter.name,
      variable.endsWith('kernel')
        ? toTorchKernel(parameter, tensor, flattens(parameter.name, config) ? featureChannels : 0)
        : tensor,
    );
    const bias = leaf === 'running_mean' ? lookup.takeBiasBefore(layer) : undefined;
    if (bias)
      state.set(
        parameter.name,
        combine(tensor, bias, (mean, value) => mean - value),
      );
    if (leaf === 'running_var' && epsilonExcess > 0)
      state.set(parameter.name, { shape: tensor.shape, data: tensor.data.map((variance) => variance + epsilonExcess) });
  }
  const first = parameters[0]!.name;
  if (channelOrder === 'bgr' && state.has(first)) state.set(first, reverseInputChannels(state.get(first)!));
  for (const [name, tensor] of lookup.untaken()) state.set(name, tensor);
  return { state, notes: ['names of Keras', `weights that Keras offers for download expect ${imageNetInput}`] };
}

/** Keras's ResNet and MobileNetV3 have the parameters of torchvision's and compute something else. */
function assertSameNetwork(architecture: string, known: boolean): void {
  const ported = `${architecture}_keras`;
  if (listModels().includes(ported))
    throw new SulcusError(
      'MODEL_INVALID',
      `Keras builds ${architecture} with other strides or padding than torchvision, ` +
        `so its weights would compute something else here: import them with --model ${ported}`,
    );
  if (!known || (getModel(architecture).family === 'resnet' && !architecture.endsWith('_keras')))
    throw new SulcusError('MODEL_INVALID', `Keras has no network ${architecture}`);
}

/** The network's parameters, and those of its own classifier where another head stands: a file may hold both. */
function withOwnClassifier(config: NetworkConfig): ParameterInfo[] {
  const own = listParameters({ ...config, head: 'classifier' });
  const known = new Set(own.map(({ name }) => name));
  return [...own, ...listParameters(config).filter(({ name }) => !known.has(name))];
}

/** Parameters after the features. */
const CLASSIFIER = /^(fc|classifier|head)\./;

/** Whether a linear layer takes a feature map flattened, rather than its means. */
const flattens = (name: string, { architecture, head }: NetworkConfig): boolean =>
  (name === 'head.hidden.weight' && head === 'flatten-dense1000-dense') ||
  (name === 'classifier.0.weight' && getModel(architecture).family === 'vgg');

const combine = (a: StateTensor, b: StateTensor, combination: (a: number, b: number) => number): StateTensor => ({
  shape: a.shape,
  data: a.data.map((value, index) => combination(value, b.data[index] ?? NaN)),
});
