/** How well predictions agree with labels, over all classes. Fractions are 0-1. */
export interface ClassificationMetrics {
  n: number;
  accuracy: number;
  precisionWeighted: number;
  recallWeighted: number;
  f1Weighted: number;
  /** Rows: true class; columns: predicted class; in the order of the class list. */
  confusion: number[][];
  /** Index of the class that all samples were predicted as, though several occur; null when predictions differ. */
  onlyPredicted: number | null;
}

/** The same on the test split. */
export interface TestMetrics extends ClassificationMetrics {
  /** Mean cross-entropy of the network, before its probabilities are calibrated; absent when nothing was measured. */
  loss?: number;
  /** Images whose picture is in the training split too, saved anew; absent when nothing was measured. */
  seenInTraining?: number;
}

/** Counts pairs of true and predicted class: `matrix[true][predicted]`. */
export function confusionMatrix(
  classCount: number,
  pairs: Iterable<readonly [trueIndex: number, predictedIndex: number]>,
): number[][] {
  const matrix = Array.from({ length: classCount }, () => new Array<number>(classCount).fill(0));
  for (const [trueIndex, predictedIndex] of pairs) matrix[trueIndex]![predictedIndex]!++;
  return matrix;
}

/** How well one class is told from the others. Fractions are 0-1. */
export interface ClassMetrics {
  precision: number;
  recall: number;
  f1: number;
  /** True samples of the class. */
  support: number;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** Precision, recall and F1 of each class; a class that is never predicted has precision 0 (zero_division=0). */
export function perClassMetrics(confusion: readonly (readonly number[])[]): ClassMetrics[] {
  return confusion.map((row, index) => {
    const hits = row[index]!;
    const support = sum(row);
    const precision = ratio(hits, sum(confusion.map((other) => other[index]!)));
    const recall = ratio(hits, support);
    return { precision, recall, f1: ratio(2 * precision * recall, precision + recall), support };
  });
}

/**
 * Accuracy, and precision, recall and F1 averaged over the classes weighted by their number of true samples, as
 * scikit-learn's `precision_recall_fscore_support(average='weighted', zero_division=0)` defines them: a class that is
 * never predicted has precision 0, a class without true samples has weight 0.
 */
export function classificationMetrics(confusion: number[][]): ClassificationMetrics {
  const perClass = perClassMetrics(confusion);
  const n = sum(perClass.map(({ support }) => support));
  const weighted = (pick: (metrics: ClassMetrics) => number): number =>
    ratio(sum(perClass.map((metrics) => pick(metrics) * metrics.support)), n);
  return {
    n,
    accuracy: ratio(sum(confusion.map((row, index) => row[index]!)), n),
    precisionWeighted: weighted(({ precision }) => precision),
    recallWeighted: weighted(({ recall }) => recall),
    f1Weighted: weighted(({ f1 }) => f1),
    confusion,
    onlyPredicted: onlyPredicted(confusion),
  };
}

/** A model that has learned nothing but which class is frequent is told by this, not by its accuracy. */
function onlyPredicted(confusion: readonly (readonly number[])[]): number | null {
  const predicted = confusion.map((_, column) => column).filter((column) => confusion.some((row) => row[column]! > 0));
  return predicted.length === 1 && confusion.filter((row) => sum(row) > 0).length > 1 ? predicted[0]! : null;
}
