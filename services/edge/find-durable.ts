import { retryWithBackoff } from '#libs/async';
import type { EdgeConfig } from './config.js';
import { callCore } from './core-client.js';
import type { Spool } from './spool/spool.js';

const CALL_TIMEOUT_MS = 60_000;
/** As many as the core answers at a time. */
const SAMPLES_A_CALL = 1_000;
/** Who asked has waited long enough then, and asks again. */
const RETRY_FOR_MS = 10 * 60_000;

/**
 * Which of samples are safe: those that wait here on the disk, and those that the core says it has. Nobody else knows:
 * what left the spool may have been withdrawn since.
 *
 * @throws SERVICE_UNAVAILABLE when the core is needed for it and away, for ten minutes
 */
export async function findDurable(
  { config, spool }: { config: EdgeConfig; spool: Spool },
  sampleIds: readonly string[],
  signal: AbortSignal,
): Promise<Set<string>> {
  const durable = await spool.durable(sampleIds);
  const others = sampleIds.filter((sampleId) => !durable.has(sampleId));
  for (let from = 0; from < others.length; from += SAMPLES_A_CALL) {
    const asked = others.slice(from, from + SAMPLES_A_CALL);
    const ask = () =>
      callCore(config, (client) =>
        client.findDurable({ site: config.site, sampleIds: asked }, { signal, timeoutMs: CALL_TIMEOUT_MS }),
      );
    const found = await retryWithBackoff(ask, { signal, timeoutMs: RETRY_FOR_MS });
    for (const sampleId of found.sampleIds) durable.add(sampleId);
  }
  return durable;
}
