import { SulcusError } from '#libs/errors';

/** Values of one parameter, statistic or optimizer slot. */
export interface StateTensor {
  /** Axes in torch's order: convolution weights are [out, in / groups, height, width], linear weights [out, in]. */
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Float32Array;
}

/**
 * Everything a network has learned, by torchvision's state_dict names. Outside the engine values always have torch's
 * layout; only the graph knows that TensorFlow convolves with [height, width, in, out].
 */
export type NetworkState = ReadonlyMap<string, StateTensor>;

/** What a state must hold under one name. */
export interface StateSpec {
  readonly name: string;
  readonly shape: readonly number[];
}

export const elementCount = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Names of the state_dict that carry nothing the engine uses: torch counts batches for a momentum we do not offer. */
export const isIgnored = (name: string): boolean => name.endsWith('.num_batches_tracked');

/**
 * Checks that a state holds exactly the tensors of `specs`, with their shapes; batch counters of torch are let through.
 * @throws MODEL_INVALID naming every difference
 */
export function assertStateFits(state: NetworkState, specs: readonly StateSpec[], what: string): void {
  const mistakes: string[] = [];
  const expected = new Set<string>();
  for (const { name, shape } of specs) {
    expected.add(name);
    const tensor = state.get(name);
    if (!tensor) mistakes.push(`${name} is missing`);
    else if (tensor.shape.join() !== shape.join())
      mistakes.push(`${name} is [${tensor.shape.join(', ')}], expected [${shape.join(', ')}]`);
    else if (tensor.data.length !== elementCount(shape))
      mistakes.push(`${name} holds ${tensor.data.length} values, expected ${elementCount(shape)}`);
  }
  for (const name of state.keys())
    if (!expected.has(name) && !isIgnored(name)) mistakes.push(`${name} is not part of the network`);
  if (mistakes.length === 0) return;
  const shown = mistakes.slice(0, 5).join('; ');
  const more = mistakes.length > 5 ? `; and ${mistakes.length - 5} more` : '';
  throw new SulcusError('MODEL_INVALID', `${what} does not fit the network: ${shown}${more}`, {
    details: { mistakes },
  });
}

/** Names of the tensors that hold a NaN or an infinity. */
export function nonFiniteTensors(state: NetworkState): string[] {
  return [...state].filter(([, { data }]) => !data.every(Number.isFinite)).map(([name]) => name);
}
