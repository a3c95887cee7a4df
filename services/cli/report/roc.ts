/** Receiver operating characteristic of one class against all others. */
export interface RocCurve {
  /** From (0, 0) to (1, 1), corners only: points on a straight line between two others are left out. */
  points: { falsePositiveRate: number; truePositiveRate: number }[];
  /** 0-1: the chance that a random sample of the class scores above a random other one, ties counting half. */
  auc: number;
}

/**
 * Walks the threshold down over the scores. Samples of the same score pass it together, so that their order does not
 * matter and the trapezoids under the curve are the Mann-Whitney statistic.
 *
 * @returns undefined when there is no sample of the class, or none of another
 */
export function rocCurve(scores: readonly number[], isPositive: readonly boolean[]): RocCurve | undefined {
  const positives = isPositive.filter(Boolean).length;
  const negatives = isPositive.length - positives;
  if (positives === 0 || negatives === 0) return undefined;
  const order = scores.map((_, index) => index).sort((a, b) => scores[b]! - scores[a]!);
  const corners: Count[] = [{ falsePositives: 0, truePositives: 0 }];
  let [falsePositives, truePositives, doubledArea] = [0, 0, 0];
  for (let start = 0; start < order.length; ) {
    const before = { falsePositives, truePositives };
    const score = scores[order[start]!]!;
    for (; start < order.length && scores[order[start]!] === score; start++) {
      if (isPositive[order[start]!]) truePositives++;
      else falsePositives++;
    }
    doubledArea += (falsePositives - before.falsePositives) * (truePositives + before.truePositives);
    addCorner(corners, { falsePositives, truePositives });
  }
  return {
    points: corners.map((corner) => ({
      falsePositiveRate: corner.falsePositives / negatives,
      truePositiveRate: corner.truePositives / positives,
    })),
    auc: doubledArea / (2 * positives * negatives),
  };
}

interface Count {
  falsePositives: number;
  truePositives: number;
}

/** Replaces the last corner when the line through it goes straight on; counts are integers, so the test is exact. */
function addCorner(corners: Count[], next: Count): void {
  const [before, last] = [corners.at(-2), corners.at(-1)!];
  const straight =
    before !== undefined &&
    (last.falsePositives - before.falsePositives) * (next.truePositives - last.truePositives) ===
      (last.truePositives - before.truePositives) * (next.falsePositives - last.falsePositives);
  if (straight) corners.pop();
  corners.push(next);
}

/** One curve per class from the probabilities of all classes, one-vs-rest; undefined where a curve has no meaning. */
export function oneVersusRest(
  classCount: number,
  predictions: readonly { trueIndex: number; probabilities: readonly number[] }[],
): (RocCurve | undefined)[] {
  return Array.from({ length: classCount }, (_, index) =>
    rocCurve(
      predictions.map(({ probabilities }) => probabilities[index]!),
      predictions.map(({ trueIndex }) => trueIndex === index),
    ),
  );
}
