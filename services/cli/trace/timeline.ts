import { SulcusError } from '#libs/errors';
import { attr } from '#libs/telemetry';
import type { SpanRecord } from './span-files.js';

/** All spans of one kind that an image passed through. */
export interface TimelineEntry {
  name: string;
  service: string;
  /** 0 for spans that stand alone or continue by a link, 1 and more for work inside them. */
  depth: number;
  /** How many there were: a training image has one batch and one step for each epoch. */
  count: number;
  first: SpanRecord;
  last: SpanRecord;
}

/** What became of one image, from its arrival on. */
export interface Timeline {
  sampleId: string;
  traceId: string;
  entries: TimelineEntry[];
}

/**
 * Builds the timeline of one image: the spans of its ingest, everything inside them, every span that links one of those
 * (batch → train step → checkpoint and model → load), and the predictions of the models it helped to train.
 *
 * @param idPrefix sample id or the beginning of one, or the id of a prediction of it
 * @throws NOT_FOUND when no span knows such a sample; INVALID_ARGUMENT when several samples begin with the prefix
 */
export function buildTimeline(spans: readonly SpanRecord[], idPrefix: string): Timeline {
  const beginnings = spansOfSample(spans, idPrefix);
  const sampleId = String(beginnings[0]!.attributes[attr.sampleId]);
  const reached = follow(spans, beginnings);
  return { sampleId, traceId: beginnings[0]!.id.split(':')[0]!, entries: toEntries(reached) };
}

function spansOfSample(spans: readonly SpanRecord[], idPrefix: string): SpanRecord[] {
  const prefix = sampleOfPrediction(spans, idPrefix) ?? idPrefix.toLowerCase();
  const found = spans.filter((span) => String(span.attributes[attr.sampleId] ?? '').startsWith(prefix));
  const ids = [...new Set(found.map((span) => String(span.attributes[attr.sampleId])))];
  if (ids.length === 0) throw new SulcusError('NOT_FOUND', `No recorded span knows a sample or prediction ${idPrefix}`);
  if (ids.length > 1) {
    throw new SulcusError(
      'INVALID_ARGUMENT',
      `${ids.length} samples begin with ${idPrefix}, for example ${ids
        .slice(0, 3)
        .map((id) => id.slice(0, 16))
        .join(', ')}: give more digits`,
    );
  }
  return found.sort((a, b) => a.startUnixMs - b.startUnixMs);
}

function sampleOfPrediction(spans: readonly SpanRecord[], predictionId: string): string | undefined {
  const sampleId = spans.find((span) => span.attributes[attr.predictionId] === predictionId.toLowerCase())?.attributes[
    attr.sampleId
  ];
  return sampleId === undefined ? undefined : String(sampleId);
}

interface Reached {
  span: SpanRecord;
  depth: number;
}

/** Everything that is inside the given spans, links them, or predicts with a model that came of them, breadth first. */
function follow(spans: readonly SpanRecord[], beginnings: readonly SpanRecord[]): Reached[] {
  const children = groupBy(spans, (span) => (span.parentId ? [span.parentId] : []));
  const linkers = groupBy(spans, (span) => span.linkIds);
  const byVersion = groupBy(spans, (span) =>
    span.name === 'predict image' ? [String(span.attributes[attr.modelVersion])] : [],
  );
  const reached = new Map<string, Reached>();
  const beginningIds = new Set(beginnings.map(({ id }) => id));
  const queue: Reached[] = beginnings
    .filter(({ parentId }) => parentId === undefined || !beginningIds.has(parentId))
    .map((span) => ({ span, depth: 0 }));
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { span, depth } = next;
    if (reached.has(span.id)) continue;
    reached.set(span.id, next);
    const version = span.name === 'publish model' ? span.attributes[attr.modelVersion] : undefined;
    queue.push(
      ...(children.get(span.id) ?? []).map((child) => ({ span: child, depth: depth + 1 })),
      ...(linkers.get(span.id) ?? []).map((linker) => ({ span: linker, depth: 0 })),
      ...(version === undefined
        ? []
        : (byVersion.get(String(version)) ?? []).map((prediction) => ({ span: prediction, depth: 0 }))),
    );
  }
  return [...reached.values()];
}

function groupBy(
  spans: readonly SpanRecord[],
  keysOf: (span: SpanRecord) => readonly string[],
): Map<string, SpanRecord[]> {
  const groups = new Map<string, SpanRecord[]>();
  for (const span of spans) {
    for (const key of keysOf(span)) {
      const group = groups.get(key);
      if (group) group.push(span);
      else groups.set(key, [span]);
    }
  }
  return groups;
}

/** Groups by name and service, in order of the first of each. */
function toEntries(reached: readonly Reached[]): TimelineEntry[] {
  const entries = new Map<string, TimelineEntry>();
  for (const { span, depth } of [...reached].sort((a, b) => a.span.startUnixMs - b.span.startUnixMs)) {
    const key = `${span.service}/${span.name}/${depth}`;
    const entry = entries.get(key);
    if (entry) {
      entry.count++;
      entry.last = span;
    } else {
      entries.set(key, { name: span.name, service: span.service, depth, count: 1, first: span, last: span });
    }
  }
  return [...entries.values()];
}
