import { statfsSync } from 'node:fs';
import { DEFAULT_MAX_BYTES, type TopologyLimits } from '#libs/bus';
import { SulcusError } from '#libs/errors';

/** The broker takes at most three quarters of what is free for all streams, and reserves their sizes at once. */
const USABLE_SHARE = 0.7;

/** Streams that hold images and models; the others keep their size. */
const ELASTIC = ['SCANS', 'BLOBS', 'PREDICTION_INPUTS'] as const;

/** Less than this and a run of any use would fill up. */
const LEAST_ELASTIC_BYTES = 200e6;

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** Free bytes of the file system that holds a folder. */
export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/**
 * Sizes for new streams on a disk with so much free: the usual ones when they fit, else smaller ones for images and
 * models.
 *
 * @throws STORAGE_FULL when too little is free for even those
 */
export function limitsFor(free: number): Partial<TopologyLimits> {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const usable = free * USABLE_SHARE;
  const elastic = sum(ELASTIC.map((stream) => DEFAULT_MAX_BYTES[stream]));
  const rigid = sum(Object.values(DEFAULT_MAX_BYTES)) - elastic;
  if (usable >= rigid + elastic) return {};
  const scale = (usable - rigid) / elastic;
  if (scale * elastic < LEAST_ELASTIC_BYTES) {
    const needed = (rigid + LEAST_ELASTIC_BYTES) / USABLE_SHARE;
    throw new SulcusError(
      'STORAGE_FULL',
      `Only ${gigabytes(free)} are free for the streams; at least ${gigabytes(needed)} are needed: make room, or ` +
        'name a folder on another disk with --state',
    );
  }
  return {
    maxBytes: Object.fromEntries(ELASTIC.map((stream) => [stream, Math.floor(DEFAULT_MAX_BYTES[stream] * scale)])),
  };
}
