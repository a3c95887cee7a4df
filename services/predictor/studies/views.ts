import { transformHash, type TransformOp, type TransformReference, validateTransform } from '#libs/imaging';

/** Random ops with one outcome: they are those of training, and nothing about them is random here. */
const flipped: TransformOp = { op: 'randomHorizontalFlip', probability: 1 };
const rotated = (degrees: number): TransformOp => ({ op: 'randomRotation', degrees: [degrees, degrees] });

/**
 * What a view does to the network's input beside the version's own transform; the first is the input as it is. Heads
 * are scanned a little rotated and networks are trained on flipped images; upside down they are neither.
 */
const VIEWS: readonly (readonly TransformOp[])[] = [
  [],
  [flipped],
  [rotated(5)],
  [rotated(-5)],
  [flipped, rotated(5)],
  [flipped, rotated(-5)],
  [rotated(10)],
  [rotated(-10)],
];

/** Views there are. */
export const MAX_VIEWS = VIEWS.length;

/**
 * The transforms of test-time augmentation: the version's own, then that followed by a horizontal flip, a small
 * rotation, or both. The same for every image and every call.
 *
 * @param count 1 to {@link MAX_VIEWS}
 */
export function viewsOf(transform: TransformReference, count: number): TransformReference[] {
  const spec = validateTransform(transform.spec);
  return VIEWS.slice(0, count).map((ops, index) => {
    if (index === 0) return transform;
    const view = { ...spec, name: `${spec.name}, view ${index}`.slice(-64), train: [...spec.eval, ...ops] };
    return { hash: transformHash(view), spec: view, mode: 'train' };
  });
}
