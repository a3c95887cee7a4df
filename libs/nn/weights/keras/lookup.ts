import type { StateTensor } from '../../state/network-state.js';
import type { KerasLayer } from './hdf5-file.js';

/** Keras 2 separates by slashes and capitals what Keras 3 joins: `Conv_1/BatchNorm` is `conv_1_bn`. */
const normalised = (path: string): string =>
  path
    .toLowerCase()
    .replaceAll('/', '_')
    .replace(/batchnorm$/, 'bn');

const inOrder = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : 1);

/** Finds a file's layers by our names, whatever models stand around them, and remembers what has been taken. */
export class LayerLookup {
  readonly #layers = new Map<string, KerasLayer>();
  readonly #taken = new Map<KerasLayer, Set<string>>();

  constructor(
    private readonly all: readonly KerasLayer[],
    private readonly names: ReadonlyMap<string, string>,
  ) {
    const segments = all.map((layer) => ({ layer, parts: layer.path.split('/') }));
    const deepest = Math.max(...segments.map(({ parts }) => parts.length));
    // Whole names count before ends of names: `bn` is a layer of DenseNet, and the end of `conv1/bn`.
    for (let skipped = 0; skipped < deepest; skipped++) {
      for (const { layer, parts } of segments) {
        const key = normalised(parts.slice(skipped).join('/'));
        if (key !== '' && !this.#layers.has(key)) this.#layers.set(key, layer);
      }
    }
  }

  /** The layer of the file for one of the network's; a head's two come in the order of Keras's numbers. */
  find(name: string): KerasLayer | undefined {
    const keras = this.names.get(name);
    if (keras !== undefined) return this.#layers.get(keras);
    const dense = [...this.#layers.keys()].filter((key) => /^dense(_\d+)?$/.test(key)).sort(inOrder);
    return this.#layers.get(dense[{ 'head.hidden': 0, 'head.output': 1 }[name] ?? -1] ?? '');
  }

  take(layer: KerasLayer, variable: string): StateTensor {
    this.#taken.set(layer, (this.#taken.get(layer) ?? new Set()).add(variable));
    return layer.variables.get(variable)!;
  }

  /** The bias of the convolution that a batch norm follows, by Keras's pairs of names `…_conv` and `…_bn`. */
  takeBiasBefore(batchNorm: KerasLayer): StateTensor | undefined {
    const name = normalised(batchNorm.path.slice(batchNorm.path.lastIndexOf('/') + 1));
    const convolution = name.endsWith('_bn') ? this.#layers.get(name.replace(/_bn$/, '_conv')) : undefined;
    return convolution?.variables.has('bias') ? this.take(convolution, 'bias') : undefined;
  }

  /** What has not been taken, by Keras's names. */
  untaken(): [name: string, tensor: StateTensor][] {
    return this.all.flatMap((layer) =>
      [...layer.variables]
        .filter(([variable]) => !this.#taken.get(layer)?.has(variable))
        .map(([variable, tensor]): [string, StateTensor] => [`${layer.path}/${variable}`, tensor]),
    );
  }
}
