/** A service whose behaviour its first argument chooses. */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseEnvironment, integer } from '#libs/config';
import { SulcusError } from '#libs/errors';
import { runCommand, runService } from '#libs/service';
import { withSpan } from '#libs/telemetry';

const behaviours: Record<string, (signal: AbortSignal) => Promise<void>> = {
  done: () => withSpan('work', {}, () => sleep(1)),
  wait: async (signal) => {
    process.stdout.write('ready\n');
    await sleep(60_000, undefined, { signal });
  },
  stubborn: async () => {
    process.stdout.write('ready\n');
    await sleep(60_000);
  },
  'leaves a handle open': async () => {
    setInterval(() => undefined, 1000);
  },
  'wrong environment': async () => {
    parseEnvironment(
      {
        a: ['SULCUS_A', integer({ description: 'a number' })],
        b: ['SULCUS_B', integer({ description: 'another number' })],
      },
      { SULCUS_A: 'x' },
    );
  },
  'port in use': async () => {
    throw new SulcusError('PORT_IN_USE', 'Port 7001 is taken by another process');
  },
  'throws elsewhere': async () => {
    setTimeout(() => {
      throw new Error('nobody catches this');
    }, 1);
    await sleep(60_000);
  },
};

const [, , behaviour = '', as = 'service'] = process.argv;
await (as === 'command' ? runCommand : runService)('fixture', ({ signal }) => behaviours[behaviour]!(signal));
