import { elementCount, type NetworkState, type StateSpec, type StateTensor } from './network-state.js';

/**
 * A state with more classes: tensors whose first axis counts classes get rows behind those they have. Everything else,
 * and every row that is there, stays as it is.
 *
 * @param state of the network with fewer classes: parameters, or slots of them (`<parameter>.<slot>`)
 * @param parameters of the network with more
 * @param begin draws what new rows of parameters begin with, by name and in the larger shape; slots begin with 0
 */
export function growClasses(
  state: NetworkState,
  parameters: readonly StateSpec[],
  begin: () => NetworkState,
): NetworkState {
  let beginning: NetworkState | undefined;
  const shapes = new Map(parameters.map(({ name, shape }) => [name, shape]));
  return new Map(
    [...state].map(([name, tensor]) => {
      const shape = shapes.get(name) ?? shapes.get(name.slice(0, name.lastIndexOf('.')));
      if (!shape || !isLonger(shape, tensor.shape)) return [name, tensor];
      beginning ??= begin();
      return [name, extended(tensor, shape, beginning.get(name))];
    }),
  );
}

const isLonger = (shape: readonly number[], than: readonly number[]): boolean =>
  shape.length === than.length && shape[0]! > than[0]! && shape.slice(1).join() === than.slice(1).join();

function extended(tensor: StateTensor, shape: readonly number[], begin: StateTensor | undefined): StateTensor {
  const data = begin ? Float32Array.from(begin.data) : new Float32Array(elementCount(shape));
  data.set(tensor.data);
  return { shape, data };
}
