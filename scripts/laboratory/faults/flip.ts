import { closeSync, openSync, readdirSync, readSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { STREAM_NAMES } from '#libs/bus';
import type { Random } from '#libs/random';
import type { Stand } from '../stand/stand.js';
import { signalPart } from './aims.js';
import { duringTraining, oneOf, type FaultKind } from './fault.js';

/** What NATS stores: our streams, and the streams of our key-value buckets. */
const STORES = [
  ...STREAM_NAMES,
  'KV_models',
  'KV_checkpoints',
  'KV_retention',
  'KV_archive',
  'archive folder',
] as const;

/**
 * One bit on the disk is not what was written, while the broker is down. What it belonged to is lost: all else must go
 * on, and what is lost must be named.
 */
export const flip: FaultKind = {
  name: 'flip',
  description: 'one bit of a stream, a bucket or an archived sample flips on the disk while the broker restarts',
  damages: true,
  onOneServer: true,
  draw: (random) => {
    const store = oneOf(random, STORES);
    return {
      target: store,
      when: duringTraining(random),
      strike: async (stand) => {
        const place = placeOf(stand, store, random);
        if (place === undefined) return undefined;
        signalPart(stand, 'broker', 'SIGKILL');
        flipBit(place, random);
        return performance.now();
      },
    };
  },
};

function placeOf(stand: Stand, store: (typeof STORES)[number], random: Random): string | undefined {
  const folder =
    store === 'archive folder'
      ? stand.archiveFolder
      : path.join(stand.stateFolder, 'nats/store/jetstream/$G/streams', store, 'msgs');
  const files = filesBelow(folder).filter((file) => store === 'archive folder' || file.endsWith('.blk'));
  return files.length === 0 ? undefined : oneOf(random, files);
}

function filesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .filter((file) => statSync(file).size > 0)
      .sort();
  } catch {
    return []; // It is not there yet.
  }
}

function flipBit(file: string, random: Random): void {
  const descriptor = openSync(file, 'r+');
  try {
    const at = random.integer(0, statSync(file).size - 1);
    const byte = Buffer.alloc(1);
    readSync(descriptor, byte, 0, 1, at);
    byte[0]! ^= 1 << random.integer(0, 7);
    writeSync(descriptor, byte, 0, 1, at);
  } finally {
    closeSync(descriptor);
  }
}
