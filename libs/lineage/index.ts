/**
 * Which samples, under which labels, the weights of a version have learned from: segments on an append-only stream,
 * each what was learned beyond the one before. Imports bus, contracts, errors and memory.
 *
 *     const lineage = await LineageWriter.open(bus, 'main', manifest.lineage, { remembersAll: true });
 *     lineage.add(samples); lineage.cut(step); await lineage.durable();
 *     const known = await readLineage(bus, signal);
 *     for (const segment of chainOf(known, card.lineage.segment)) …
 *
 * | file | holds |
 * |---|---|
 * | `segment.ts` | a segment, and its bytes |
 * | `labels-learned.ts` | under which label each sample was learned last |
 * | `writer.ts` | what a trainer tells |
 * | `read.ts` | segments and the chains they make |
 */
export { LineageWriter, type LearnedSample, type LineageRecord } from './writer.js';
export { chainOf, readLineage, type KnownLineage } from './read.js';
export type { Segment, SegmentReference } from './segment.js';
