import { appendFileSync, writeFileSync } from 'node:fs';
import { SulcusError } from '#libs/errors';
import { costOf, type RunCost } from '../cost.js';
import type { Run } from '../run.js';
import { renderSummary, type RunSummary } from '../summary.js';

/**
 * Shows that a file can be written to, so that a run fails before it begins rather than at its end.
 *
 * @throws INVALID_CONFIG when that is not possible
 */
export function prepareSummaryFile(file: string): void {
  try {
    appendFileSync(file, '');
  } catch (error) {
    throw new SulcusError('INVALID_CONFIG', `--json "${file}" cannot be written: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Undefined when nobody said what the machine costs. */
export const costSoFar = ({ options: { pricePerHour }, startedMs }: Run): RunCost | undefined =>
  pricePerHour === undefined ? undefined : costOf(Date.now() - startedMs, pricePerHour);

/** Shows the summary to people, and writes it where `--json` says. */
export function showSummary({ options, dataSet, view }: Run, summary: RunSummary): void {
  view.note(renderSummary(summary, dataSet.classes));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(summary, undefined, 2)}\n`);
}
