import { isMain, packageVersion, reportFailure } from '#libs/service';
import { COMMANDS } from './commands.js';
import { brokersFolder } from './shared/paths.js';
import { dispatch } from './shared/dispatch.js';
import { outputFailed } from './shared/output-gone.js';

/**
 * `sulcus <command> …`. Wrong usage is a line for each mistake and exit code 2.
 *
 * @param argv the words after `sulcus`
 */
export async function main(argv: readonly string[]): Promise<void> {
  process.stdout.on('error', outputFailed);
  process.env['SULCUS_NATS_KEYS'] ??= brokersFolder();
  const description = 'Edge-to-core streaming for medical imaging: images in, a learning model out.';
  try {
    await dispatch({ name: 'sulcus', description, groups: COMMANDS, version: packageVersion() }, argv);
  } catch (error) {
    reportFailure('sulcus', error);
  }
}

/** What a command leaves behind must not keep it from ending. */
const LAST_RESORT_MS = 2000;

if (isMain(import.meta.url)) {
  await main(process.argv.slice(2));
  setTimeout(() => process.exit(), LAST_RESORT_MS).unref();
}
