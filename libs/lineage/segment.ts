import { createHash } from 'node:crypto';
import { codecs, type LineageSegment } from '#libs/contracts';

/** Names a segment: the hash of its bytes, and how many there are up to it. */
export interface SegmentReference {
  /** SHA-256, lower-case hexadecimal. */
  hash: string;
  number: number;
}

/** Samples by the label that they were learned under: sequences on SCANS, ascending. */
export type ByLabel = ReadonlyMap<string, readonly number[] | Uint32Array>;

/** What was learned between two places of a run. */
export interface Segment {
  run: string;
  /** Hash of the segment before; empty: there is none. */
  previous: string;
  number: number;
  step: number;
  /** For the first time. */
  learned: ByLabel;
  /** Again: under another label than before, or for the first time since the trainer was started. */
  relearned: ByLabel;
  /** Could not be prepared, or were refused. */
  putAside: readonly number[] | Uint32Array;
  /** Segments that the run left behind when it went back. */
  abandoned: readonly string[];
}

export function encodeSegment({ learned, relearned, putAside, abandoned, ...rest }: Segment): {
  bytes: Buffer;
  message: Parameters<typeof codecs.LineageSegment.encode>[0];
  hash: string;
} {
  const groups = (samples: ByLabel) =>
    [...samples]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([label, sequences]) => ({ label, distances: distancesOf(sequences) }));
  const message = {
    ...rest,
    learned: groups(learned),
    relearned: groups(relearned),
    putAsideDistances: distancesOf(putAside),
    abandoned: [...abandoned],
  };
  const bytes = codecs.LineageSegment.encode(message);
  return { bytes, message, hash: createHash('sha256').update(bytes).digest('hex') };
}

export function decodeSegment(message: LineageSegment): Segment {
  const byLabel = (groups: LineageSegment['learned']): ByLabel =>
    new Map(groups.map(({ label, distances }) => [label, sequencesOf(distances)]));
  const { run, previous, number, step, learned, relearned, putAsideDistances, abandoned } = message;
  return {
    run,
    previous,
    number,
    step,
    learned: byLabel(learned),
    relearned: byLabel(relearned),
    putAside: sequencesOf(putAsideDistances),
    abandoned,
  };
}

const distancesOf = (sequences: readonly number[] | Uint32Array): number[] =>
  [...sequences].sort((a, b) => a - b).map((sequence, index, all) => sequence - (all[index - 1] ?? 0));

function sequencesOf(distances: readonly number[]): Uint32Array {
  const sequences = new Uint32Array(distances.length);
  let sequence = 0;
  distances.forEach((distance, index) => (sequences[index] = sequence += distance));
  return sequences;
}
