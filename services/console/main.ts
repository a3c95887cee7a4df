import { runService } from '#libs/service';
import { createLogger } from '#libs/telemetry';
import { LateLog } from './late-log.js';
import { readUpOptions } from './options.js';

/** `sulcus up`: the whole pipeline on this machine (what `npm start` runs). */
export async function main(argv: readonly string[]): Promise<void> {
  const options = readUpOptions(argv);
  if (!options) return;
  const { up } = await import('./up.js');
  const output = new LateLog();
  await runService('sulcus', (context) => up(options, context, (file) => output.open(file)), { log: createLogger('sulcus', output) });
}
