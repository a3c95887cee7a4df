import { splitName, type Split } from '#libs/contracts';
import { table } from '#libs/service';
import { attr } from '#libs/telemetry';
import type { SpanRecord } from './span-files.js';
import type { TimelineEntry, Timeline } from './timeline.js';

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

const DURATION_COLUMN = 3;

/** The timeline as lines for people: time of day, service, what happened, how long it took, and what it was about. */
export function renderTimeline({ sampleId, traceId, entries }: Timeline): string {
  const rows = entries.flatMap((entry) => toRows(entry));
  return [`sample ${sampleId}`, `trace  ${traceId}`, '', ...table(rows, new Set([DURATION_COLUMN])), ''].join('\n');
}

/** One row, or the first and the last of many. */
function toRows({ name, service, depth, count, first, last }: TimelineEntry): string[][] {
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
    const text = describe(name, value);
    return [word === '' ? text : word === '#' ? `#${text}` : `${word} ${text}`];
  });
  return [...facts, ...(span.error === undefined ? [] : [`FAILED: ${span.error}`])].join(', ');
}

function describe(name: string, value: string | number | boolean): string {
  if (name === attr.split) return splitName(value as Split);
  return typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(4) : String(value);
}
