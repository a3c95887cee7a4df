import path from 'node:path';
import { text } from '#libs/config';
import { parseCommandLine } from '#libs/service';
import { createLogger } from '#libs/telemetry';
import { jsonOption } from '../shared/options.js';
import { sampleNamed } from '../shared/sample-of.js';
import { runsFolder, shownPath } from '../shared/paths.js';
import { readSpanFolder, renderTimeline, buildTimeline } from '../trace/index.js';

/** Where the launcher's newest run keeps its spans, wherever this is called. */
const defaultFolder = path.join(runsFolder(), 'latest', 'traces');

const OPTIONS = {
  dir: [
    '--dir <folder>',
    text({ default: defaultFolder, defaultText: shownPath(defaultFolder), description: 'folder of span files' }),
  ],
  json: jsonOption(),
} as const;

const NOTES = `The sample is named by the beginning of its identity, its image file, or the id of a prediction of it.`;

/** `sulcus trace SAMPLE|PREDICTION`: prints what became of one image. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = 'Shows the timeline of one image: ingest, batches, training steps, model versions, predictions.';
  const parsed = parseCommandLine(
    { name: 'sulcus trace', description, operand: '<sample>', options: OPTIONS, notes: NOTES },
    argv,
  );
  if (!parsed) return;
  const sample = await sampleNamed(parsed.operand!, createLogger('trace'));
  const timeline = buildTimeline(await readSpanFolder(parsed.options.dir), sample);
  process.stdout.write(parsed.options.json ? `${JSON.stringify(timeline, undefined, 2)}\n` : renderTimeline(timeline));
}
