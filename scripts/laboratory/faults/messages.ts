import { setTimeout as sleep } from 'node:timers/promises';
import type { Frame } from '../observe/frames.js';
import { publishRaw } from '../observe/publish-raw.js';
import { RUN } from '../stand/recipe.js';
import { duringTraining, oneOf, type FaultKind } from './fault.js';

const FOR_MS = 2500;

/** Messages of ours and acknowledgements; requests to the broker itself are no messages. */
const OURS = /^[a-z-]+\.v1\.|^\$JS\.ACK\.|^\$KV\./;

/** What TCP never does and a retry does: the same message twice, at once. */
export const duplicate: FaultKind = {
  name: 'duplicate',
  description: 'every message that a service sends arrives twice for some seconds',
  draw: (random) => {
    const client = oneOf(random, ['preprocess', 'trainer', 'archiver', 'predictor'] as const);
    return {
      target: client,
      when: duringTraining(random),
      strike: async ({ proxy }) => {
        proxy.tamper(client, ({ subject, bytes }) => (OURS.test(subject) ? [bytes, bytes] : [bytes]));
        await sleep(FOR_MS);
        proxy.tamper(client, undefined);
        return performance.now();
      },
    };
  },
};

/** Batches come from several workers: nothing may depend on their order. */
export const reorder: FaultKind = {
  name: 'reorder',
  description: 'batches, and requests for them, overtake each other for some seconds',
  draw: (random) => {
    const client = oneOf(random, ['preprocess', 'trainer'] as const);
    return {
      target: client,
      when: duringTraining(random),
      strike: async ({ proxy }) => {
        const swapper = new Swapper(/^batch(-request)?\.v1\./);
        proxy.tamper(client, (frame) => swapper.change(frame));
        await sleep(FOR_MS);
        proxy.tamper(client, (frame) => {
          proxy.tamper(client, undefined);
          return [...swapper.rest(), frame.bytes];
        });
        return performance.now();
      },
    };
  },
};

/** Lets the second of two messages go first. Whatever else is sent meanwhile carries the first one along. */
class Swapper {
  #kept: Buffer | undefined;

  constructor(private readonly subject: RegExp) {}

  change({ subject, bytes }: Frame): Buffer[] {
    const kept = this.rest();
    if (kept.length > 0) return [bytes, ...kept];
    if (!this.subject.test(subject)) return [bytes];
    this.#kept = bytes;
    return [];
  }

  rest(): Buffer[] {
    const kept = this.#kept ? [this.#kept] : [];
    this.#kept = undefined;
    return kept;
  }
}

/** One subject of each stream that anybody on the broker can write to. */
const SUBJECTS = [
  `scan.v1.elsewhere.${'f'.repeat(64)}`,
  'label.v1.elsewhere',
  `batch-request.v1.${RUN}`,
  `batch.v1.${RUN}`,
  'model.v1.published',
  'study.v1.elsewhere',
  'event.v1.trainer',
  'dead.v1.trainer',
  `prediction.v1.${RUN}.${RUN}-000001.elsewhere`,
] as const;

/** Somebody else's message on a stream of ours. */
export const foreign: FaultKind = {
  name: 'foreign',
  leavesUnreadable: true,
  description: 'messages that are not ours are published to a stream, empty or of random bytes',
  draw: (random) => {
    const subject = oneOf(random, SUBJECTS);
    const bytes = Uint8Array.from({ length: random.integer(0, 64) }, () => random.integer(0, 255));
    return {
      target: subject.split('.')[0]!,
      when: duringTraining(random),
      strike: async (stand) => {
        await publishRaw(stand.brokerAddress.split(',')[0]!, subject, bytes);
        return performance.now();
      },
    };
  },
};
