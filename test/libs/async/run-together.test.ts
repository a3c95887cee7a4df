import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { runTogether } from '#libs/async';
import { SulcusError } from '#libs/errors';

const never = new AbortController().signal;

/** A part that goes on until it is stopped, and says so. */
function endless(): { task: (stop: AbortSignal) => Promise<void>; stopped: () => boolean } {
  let stopped = false;
  const task = async (stop: AbortSignal): Promise<void> => {
    await sleep(60_000, undefined, { signal: stop }).catch(() => undefined);
    stopped = true;
  };
  return { task, stopped: () => stopped };
}

describe('runTogether', () => {
  it('ends the companions when the work is done', async () => {
    const companion = endless();
    await runTogether({ work: async () => {}, companions: [companion.task] }, never);
    assert.ok(companion.stopped());
  });

  it('ends all with the first failure, of the work as of a companion', async () => {
    const broken = async (): Promise<void> => {
      throw new SulcusError('ENGINE_FAILED', 'gone');
    };
    for (const place of ['work', 'companion'] as const) {
      const others = [endless(), endless()] as const;
      const parts =
        place === 'work'
          ? { work: broken, companions: [others[0].task, others[1].task] }
          : { work: others[0].task, companions: [broken, others[1].task] };
      await assert.rejects(runTogether(parts, never), { code: 'ENGINE_FAILED' });
      assert.deepEqual(
        others.map((other) => other.stopped()),
        [true, true],
      );
    }
  });

  it('takes being stopped for no failure, but what else fails meanwhile', async () => {
    const cut = async (stop: AbortSignal): Promise<void> => sleep(60_000, undefined, { signal: stop });
    await runTogether({ work: cut, companions: [cut] }, AbortSignal.timeout(10));
    const failing = async (stop: AbortSignal): Promise<void> => {
      await cut(stop).catch(() => undefined);
      throw new SulcusError('STORAGE_FULL', 'no room for the last checkpoint');
    };
    await assert.rejects(runTogether({ work: failing, companions: [cut] }, AbortSignal.timeout(10)), {
      code: 'STORAGE_FULL',
    });
  });
});
