import type { TestEvaluation } from '../launcher/evaluation/test-split.js';
import { perClassMetrics, type ClassMetrics } from '../launcher/evaluation/metrics.js';
import type { RunSummary } from '../launcher/summary.js';
import { oneVersusRest, type RocCurve } from './roc.js';
import type { TrainingHistory } from '../launcher/state/training-history.js';

/** What a report is made from. */
export interface ReportSource {
  /** What was learned from, for people. */
  dataDescription: string;
  recipe: string;
  run: string;
  seed: number;
  /** Class names in output order. */
  classes: readonly string[];
  startedUnixMs: number;
  summary: RunSummary;
  history: TrainingHistory;
  evaluation: TestEvaluation;
}

export interface ClassReport extends ClassMetrics {
  name: string;
  /** Undefined when the test split has no image of the class, or none of another. */
  roc: RocCurve | undefined;
}

/** One class after the other, in output order. */
export function classReports({ classes, evaluation }: Pick<ReportSource, 'classes' | 'evaluation'>): ClassReport[] {
  const curves = oneVersusRest(classes.length, evaluation.predictions);
  return perClassMetrics(evaluation.metrics.confusion).map((metrics, index) => ({
    name: classes[index]!,
    ...metrics,
    roc: curves[index],
  }));
}

/** Mean area over the classes that have one, 0-1; undefined when none has. */
export function macroAuc(reports: readonly ClassReport[]): number | undefined {
  const areas = reports.flatMap(({ roc }) => (roc ? [roc.auc] : []));
  return areas.length === 0 ? undefined : areas.reduce((sum, area) => sum + area, 0) / areas.length;
}
