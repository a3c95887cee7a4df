/** A process for the supervisor's tests: `child.ts run|fail|refuse|diverge|wait`. */
import { waitFor } from '#libs/async';
import { runService } from '#libs/service';
import { SulcusError } from '#libs/errors';
import { setTimeout as sleep } from 'node:timers/promises';

await runService(
  'child',
  async ({ signal }) => {
    if (process.argv[2] === 'fail') throw new SulcusError('STORAGE_FULL', 'no room');
    if (process.argv[2] === 'refuse') throw new SulcusError('INVALID_CONFIG', 'wrong');
    if (process.argv[2] === 'diverge') throw new SulcusError('MODEL_INVALID', 'the loss of step 12 is not finite');
    if (process.argv[2] === 'wait') await waitFor('what never comes', sleep(600_000, undefined, { signal }));
    await sleep(60_000, undefined, { signal });
  },
  { stallMs: 8000 },
);
