/** The portable engine beside TensorFlow: the same programs on both, with the same inputs. */
import assert from 'node:assert/strict';
import { startEngine, type Engine } from '#libs/engine';
import { dataOf, type Program, type TensorValue } from '#libs/graph';
import { SulcusError } from '#libs/errors';

export interface BothEngines {
  readonly tensorflow: Engine;
  readonly portable: Engine;
}

/** @returns undefined where there is no TensorFlow to compare with */
export async function startBoth(): Promise<BothEngines | undefined> {
  try {
    // Without custom kernels: the reference is TensorFlow itself.
    const tensorflow = await startEngine({
      kind: 'tensorflow',
      kernels: 'tensorflow',
      label: 'test reference',
      threads: 1,
    });
    return { tensorflow, portable: await startEngine({ kind: 'portable', label: 'test portable' }) };
  } catch (error) {
    if (error instanceof SulcusError && error.code === 'ENGINE_UNAVAILABLE') return undefined;
    throw error;
  }
}

export const closeBoth = async (engines: BothEngines | undefined): Promise<void> =>
  void (await Promise.all([engines?.tensorflow.close(), engines?.portable.close()]));

export const NO_REFERENCE = 'there is no TensorFlow to compare with';

/** Runs signatures one after another on both engines; each answer belongs to one of them. */
export async function runBoth(
  { tensorflow, portable }: BothEngines,
  program: Program,
  runs: readonly { signature: string; feeds?: Record<string, TensorValue> }[],
): Promise<{ expected: Record<string, TensorValue>; actual: Record<string, TensorValue> }[]> {
  const [reference, candidate] = await Promise.all([tensorflow.load(program), portable.load(program)]);
  const answers = [];
  for (const { signature, feeds } of runs) {
    const [expected, actual] = await Promise.all([reference.run(signature, feeds), candidate.run(signature, feeds)]);
    answers.push({ expected, actual });
  }
  await Promise.all([reference.unload(), candidate.unload()]);
  return answers;
}

/**
 * Same dtypes and shapes; floats within `tolerance` of the largest reference value, everything else equal.
 * Both engines round to float32 after every op, so that their sums differ by their order.
 */
export function assertAgree(
  actual: Readonly<Record<string, TensorValue>>,
  expected: Readonly<Record<string, TensorValue>>,
  tolerance: number,
  what = '',
): void {
  assert.deepEqual(Object.keys(actual), Object.keys(expected));
  for (const [name, reference] of Object.entries(expected)) {
    const value = actual[name]!;
    assert.deepEqual([value.dtype, [...value.shape]], [reference.dtype, [...reference.shape]], `${what} ${name}`);
    if (reference.dtype === 'float32')
      assertClose(dataOf(value, 'float32'), reference.data, tolerance, `${what} ${name}`);
    else assert.deepEqual(value.data, reference.data, `${what} ${name}`);
  }
}

/** Every element within `tolerance` of the largest reference value. */
export function assertClose(actual: Float32Array, expected: Float32Array, tolerance: number, what: string): void {
  assert.equal(actual.length, expected.length, what);
  const scale = expected.reduce(
    (largest, value) => (Number.isFinite(value) ? Math.max(largest, Math.abs(value)) : largest),
    1e-3,
  );
  expected.forEach((value, index) => {
    const same = Number.isFinite(value)
      ? Math.abs(actual[index]! - value) <= tolerance * scale
      : Object.is(actual[index], value);
    assert.ok(same, `${what}, element ${index}: ${actual[index]} against ${value} by TensorFlow (largest ${scale})`);
  });
}
