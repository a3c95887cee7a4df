import { transformHash, validateTransform, type TransformOp } from '#libs/imaging';
import type { TransformRef } from '../prepare/pool.js';

/** Dice with one side: the ops are those of training, and nothing about them is random. */
const mirrored: TransformOp = { op: 'randomHorizontalFlip', probability: 1 };
const turned = (degrees: number): TransformOp => ({ op: 'randomRotation', degrees: [degrees, degrees] });

/**
 * What a view does to the network's input beside the version's own transform; the first is the input as it is. Heads are
 * scanned a little turned and networks are trained on mirror images; upside down they are neither.
 */
const VIEWS: readonly (readonly TransformOp[])[] = [
  [],
  [mirrored],
  [turned(5)],
  [turned(-5)],
  [mirrored, turned(5)],
  [mirrored, turned(-5)],
  [turned(10)],
  [turned(-10)],
];

/** Views there are. */
export const MAX_VIEWS = VIEWS.length;

/**
 * The transforms of test-time augmentation: the version's own, then that followed by mirroring left and right, a small turn, or both. The same
 * for every image and every call.
 *
 * @param count 1 to {@link MAX_VIEWS}
 */
export function viewsOf(transform: TransformRef, count: number): TransformRef[] {
  const spec = validateTransform(transform.spec);
  return VIEWS.slice(0, count).map((ops, index) => {
    if (index === 0) return transform;
    const view = { ...spec, name: `${spec.name}, view ${index}`.slice(-64), train: [...spec.eval, ...ops] };
    return { hash: transformHash(view), spec: view, mode: 'train' };
  });
}
