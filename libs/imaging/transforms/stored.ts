import { isRandom, type TransformOp, type TransformSpec } from './spec.js';

/** A transform in two: what is done to an image once, before it is stored, and what is left to do then. */
export interface StoredTransform {
  /** Done once: what training and evaluation begin with alike, without random numbers. */
  readonly once: readonly TransformOp[];
  /** For the stored images: gives them the pixels that the whole transform gives the images as they were. */
  readonly rest: TransformSpec;
}

/**
 * Parts a transform at the end of what training and evaluation have in common.
 *
 * @returns undefined when they begin differently, or with something random: nothing can be done once for both then
 */
export function storedTransform(spec: TransformSpec): StoredTransform | undefined {
  const { train, eval: evaluation, shrink: _, ...others } = spec;
  const same = (op: TransformOp, index: number): boolean =>
    !isRandom(op) && JSON.stringify(op) === JSON.stringify(evaluation[index]);
  const differs = train.findIndex((op, index) => !same(op, index));
  const once = differs < 0 ? train : train.slice(0, differs);
  if (once.length === 0) return undefined;
  const last = once.at(-1)!;
  // Ops that set a size change nothing when they are repeated on their own result: kept, they say what the size is. A
  // crop to the head might crop again.
  const repeated = last.op === 'contourCrop' ? [] : [last];
  const after = (ops: readonly TransformOp[]): TransformOp[] => [...repeated, ...ops.slice(once.length)];
  // Images are halved first only where nothing is to be done before: that was never so here.
  return { once, rest: { ...others, name: `${spec.name}-stored`, train: after(train), eval: after(evaluation) } };
}
