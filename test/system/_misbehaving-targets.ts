import { subject, type Target } from '../../scripts/fuzz/target.js';

/** Inputs are their index, as one byte would hold it. */
const at = (name: string, misbehave: (index: number) => unknown): Target => {
  let made = 0;
  return {
    name,
    share: 1,
    kind: 'readers',
    maker: async () => (random) => Buffer.from([random.integer(0, 255)]),
    open: async () =>
      subject(async () => {
        await misbehave(made++);
        return 'accepted';
      }),
  };
};

const held: Buffer[] = [];

/** What a target must not do, each at its third input. */
export const TARGETS: readonly Target[] = [
  at('throws', (index) => {
    if (index === 2) throw new TypeError('a mistake');
  }),
  at('throws-later', async (index) => {
    if (index !== 2) return;
    setImmediate(() => {
      throw new RangeError('outside of the call');
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }),
  at('dies', (index) => {
    if (index === 2) process.kill(process.pid, 'SIGKILL');
  }),
  at('hangs', (index) => {
    for (; index === 2; );
  }),
  at('slow', async (index) => {
    // The second time counts as the next input here.
    if (index === 2 || index === 3) await new Promise((resolve) => setTimeout(resolve, 1100));
  }),
  at('holds', (index) => {
    if (index >= 210) held.push(Buffer.alloc(20 * 2 ** 20, 1));
  }),
];
