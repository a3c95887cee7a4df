import { type LoadedProgram } from '#libs/engine';
import { dataOf, type TensorValue } from '#libs/graph';
import { assertStateFits, type NetworkState, type StateSpec, type StateTensor } from '../state/network-state.js';

/** Feeds a state to a signature made by `writeSignature`. Throws MODEL_INVALID when it does not fit. */
export async function writeState(
  program: LoadedProgram,
  signature: string,
  specs: readonly StateSpec[],
  state: NetworkState,
  what: string,
): Promise<void> {
  assertStateFits(state, specs, what);
  const feeds: Record<string, TensorValue> = {};
  for (const { name } of specs) feeds[name] = { dtype: 'float32', ...state.get(name)! };
  await program.run(signature, feeds);
}

/** Fetches the state of a signature made by `readSignature`. */
export async function readState(
  program: LoadedProgram,
  signature: string,
  specs: readonly StateSpec[],
): Promise<Map<string, StateTensor>> {
  const values = await program.run(signature, {});
  return new Map(specs.map(({ name, shape }) => [name, { shape, data: dataOf(values[name], 'float32') }]));
}

/** The single number of a fetched scalar. */
export const scalarOf = (value: TensorValue | undefined, dtype: 'float32' | 'int32'): number =>
  dataOf(value, dtype)[0]!;
