import { attr } from '#libs/telemetry';
import type { SpanRecord } from './span-files.js';
import type { Chapter, Story } from './story.js';

/** Attributes worth a reader's time, in this order, with the word that stands before the value. */
const SHOWN: readonly (readonly [name: string, word: string])[] = [
  [attr.outcome, ''],
  [attr.split, ''],
  [attr.site, 'site'],
  [attr.imageFormat, ''],
  [attr.messagingDestinationName, 'stream'],
  [attr.natsStreamSequence, '#'],
  [attr.run, 'run'],
  [attr.epoch, 'epoch'],
  [attr.batchSequence, 'batch'],
  [attr.messagingBatchCount, 'images'],
  [attr.step, 'step'],
  [attr.loss, 'loss'],
  [attr.accuracy, 'accuracy'],
  [attr.modelVersion, ''],
  [attr.predictedClass, ''],
  [attr.probability, 'p'],
  [attr.predictionId, 'prediction'],
  [attr.errorType, ''],
];

/** The story as lines for people: time of day, service, what happened, how long it took, and what it was about. */
export function renderStory({ sampleId, traceId, chapters }: Story): string {
  const rows = chapters.flatMap((chapter) => toRows(chapter));
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map(([time, service, name, duration, about]) =>
    `${time!.padEnd(widths[0]!)}  ${service!.padEnd(widths[1]!)}  ${name!.padEnd(widths[2]!)}  ${duration!.padStart(widths[3]!)}  ${about!}`.trimEnd(),
  );
  return [`sample ${sampleId}`, `trace  ${traceId}`, '', ...lines, ''].join('\n');
}

/** One row, or the first and the last of many. */
function toRows({ name, service, depth, count, first, last }: Chapter): string[][] {
  const title = '  '.repeat(depth) + name;
  const row = (span: SpanRecord, shownTitle: string): string[] => [
    timeOf(span),
    service,
    shownTitle,
    durationOf(span),
    aboutOf(span),
  ];
  if (count === 1) return [row(first, title)];
  return [row(first, `${title} (first of ${count})`), row(last, `${title} (last)`)];
}

const timeOf = ({ startUnixMs }: SpanRecord): string => new Date(startUnixMs).toISOString().slice(11, 23);

function durationOf({ durationMs }: SpanRecord): string {
  return durationMs < 1000 ? `${durationMs.toFixed(1)} ms` : `${(durationMs / 1000).toFixed(2)} s`;
}

function aboutOf(span: SpanRecord): string {
  const facts = SHOWN.flatMap(([name, word]) => {
    const value = span.attributes[name];
    if (value === undefined || value === '') return [];
    const text = typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(4) : String(value);
    return [word === '' ? text : word === '#' ? `#${text}` : `${word} ${text}`];
  });
  return [...facts, ...(span.error === undefined ? [] : [`FAILED: ${span.error}`])].join(', ');
}
