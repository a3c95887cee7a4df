import { writeFileSync } from 'node:fs';
import type { Run } from '../run.js';
import { renderSummary, type RunSummary } from '../summary.js';

/** Shows the summary to people, and writes it where `--json` says. */
export function showSummary({ options, dataSet, view }: Run, summary: RunSummary): void {
  view.note(renderSummary(summary, dataSet.classes));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(summary, undefined, 2)}\n`);
}
