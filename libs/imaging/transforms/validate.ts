import { SulcusError } from '#libs/errors';
import { transformSchema } from './schema.js';
import { isRandom, type TransformOp, type TransformSpec } from './spec.js';

/**
 * Checks a transform specification from outside: a file, a model card, a message.
 *
 * @throws INVALID_ARGUMENT naming every mistake with its place, for example `eval.1.height`
 */
export function validateTransform(json: unknown): TransformSpec {
  const parsed = transformSchema.safeParse(json);
  const mistakes = parsed.success
    ? inconsistencies(parsed.data)
    : parsed.error.issues.map((issue) => `${issue.path.join('.') || 'transform'}: ${issue.message}`);
  if (mistakes.length > 0 || !parsed.success) {
    throw new SulcusError('INVALID_ARGUMENT', `The transform is not valid:\n${mistakes.join('\n')}`, {
      details: { mistakes },
    });
  }
  return parsed.data;
}

function inconsistencies(spec: TransformSpec): string[] {
  const mistakes = [...listMistakes('train', spec), ...listMistakes('eval', spec)];
  spec.eval.forEach((op, index) => {
    if (isRandom(op))
      mistakes.push(`eval.${index}: ${op.op} is random, and evaluation must give the same pixels every time`);
  });
  if (spec.normalize.mean.length !== spec.normalize.std.length)
    mistakes.push('normalize: mean and std must have the same length');
  return mistakes;
}

function listMistakes(mode: 'train' | 'eval', spec: TransformSpec): string[] {
  const mistakes: string[] = [];
  const ops = spec[mode];
  ops.forEach((op, index) => {
    const before = ops.slice(0, index);
    if (op.op === 'contourCrop' && index > 0)
      mistakes.push(`${mode}.${index}: contourCrop must come first: it looks for the head in the image as it is`);
    const photometric = before.find(isPhotometric);
    if (photometric && !isPhotometric(op)) {
      mistakes.push(
        `${mode}.${index}: ${op.op} must come before ${photometric.op}: geometry is one warp, then comes one table`,
      );
    }
    if (before.some((earlier) => earlier.op === 'gaussianNoise'))
      mistakes.push(`${mode}.${index}: ${op.op} must come before gaussianNoise: noise is added last, once`);
    if (op.op === 'kerasShearZoom' && before.some(leavesTheWholeImage)) {
      mistakes.push(
        `${mode}.${index}: kerasShearZoom must come before random crops and rotations, whose edges it cannot continue`,
      );
    }
  });
  const last = outputSize(ops);
  if (last?.height !== spec.outputHeight || last.width !== spec.outputWidth) {
    const found = last ? `${last.height} x ${last.width}` : 'no certain size';
    mistakes.push(
      `${mode}: ends with ${found}, but the output is ${spec.outputHeight} x ${spec.outputWidth} (height x width)`,
    );
  }
  return mistakes;
}

const isPhotometric = ({ op }: TransformOp): boolean => op === 'colorJitter' || op === 'gaussianNoise';

const leavesTheWholeImage = (op: TransformOp): boolean =>
  op.op === 'randomCrop' || op.op === 'randomResizedCrop' || op.op === 'randomRotation';

/** Size after the last op that sets one; undefined when it depends on the image. */
function outputSize(ops: readonly TransformOp[]): { height: number; width: number } | undefined {
  let size: { height: number; width: number } | undefined;
  for (const op of ops) {
    if (op.op === 'resizeShorterSide') size = undefined;
    else if ('height' in op) size = { height: op.height, width: op.width };
  }
  return size;
}
