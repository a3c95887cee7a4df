import { setMaxListeners } from 'node:events';
import { SulcusError } from '#libs/errors';
import { EXIT_INTERRUPTED, runService } from '#libs/service';
import { createLogger } from '#libs/telemetry';
import { DeferredLog } from '../launcher/deferred-log.js';
import { readUpOptions } from '../launcher/options.js';
import { onOutputGone } from '../shared/output-gone.js';

/** `sulcus up`: the whole pipeline on this machine (what `npm start` runs). */
export async function main(argv: readonly string[]): Promise<void> {
  const options = readUpOptions(argv);
  if (!options) return;
  const { up } = await import('../launcher/up.js');
  const output = new DeferredLog();
  let ended = false;
  const unread = new AbortController();
  onOutputGone(() => unread.abort(new SulcusError('CANCELLED', 'Nobody reads the output any more')));
  await runService(
    'sulcus',
    async (context) => {
      const signal = AbortSignal.any([context.signal, unread.signal]);
      setMaxListeners(0, signal);
      await up(options, { ...context, signal }, (file) => output.open(file));
      ended = true;
    },
    { log: createLogger('sulcus', output) },
  );
  // Stopping is how the long-running mode ends; with --once there is no result yet.
  if (options.once && !ended) process.exitCode ||= EXIT_INTERRUPTED;
}
