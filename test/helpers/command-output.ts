import { mock } from 'node:test';

/** What a command prints, line by line, run in this process with these words. */
export async function commandOutput(
  command: (argv: readonly string[]) => Promise<void>,
  words: readonly string[],
): Promise<string> {
  const log = mock.method(console, 'log', () => undefined);
  try {
    await command(words);
    return log.mock.calls.map((call) => String((call.arguments as unknown[])[0])).join('\n');
  } finally {
    log.mock.restore();
  }
}
