import { pause } from '#libs/async';
import { SulcusError } from '#libs/errors';
import type { AliasRecord, Registry } from '#libs/registry';
import type { Logger } from '#libs/telemetry';

export interface AliasFollowerOptions {
  registry: Pick<Registry, 'alias' | 'watchAlias'>;
  alias: string;
  /** How often the alias is also read, in case the watch fell silent. */
  pollMs: number;
  log: Logger;
  signal: AbortSignal;
}

/** Wait before a broken watch is set up again. */
const REWATCH_MS = 1000;

/**
 * Tells `onRecord` of the alias' present record and of every later one it gets to see, each once and in order, until
 * `signal`.
 */
export async function followAlias(
  options: AliasFollowerOptions,
  onRecord: (record: AliasRecord) => void,
): Promise<void> {
  const { registry, alias, pollMs, log, signal } = options;
  let newestRevision = -1;
  let said = '';
  const see = (record: AliasRecord | undefined): void => {
    if (!record || record.revision <= newestRevision) return;
    newestRevision = record.revision;
    onRecord(record);
  };
  const watch = async (): Promise<void> => {
    for await (const record of registry.watchAlias(alias, signal)) see(record);
  };
  const poll = async (): Promise<void> => see(await registry.alias(alias));

  await Promise.all([repeat(watch, REWATCH_MS), repeat(poll, pollMs)]);

  async function repeat(step: () => Promise<void>, pauseMs: number): Promise<void> {
    while (!signal.aborted) {
      try {
        await step();
      } catch (error) {
        // The same trouble is said once, not at every look.
        const { message } = SulcusError.from(error);
        if (!signal.aborted && message !== said) log.warn({ alias }, `The alias cannot be read: ${message}`);
        said = message;
      }
      await pause(pauseMs, signal);
    }
  }
}
