import { retryWithBackoff } from '#libs/async';
import type { EdgeConfig } from './config.js';
import { connectCore } from './core-client.js';
import type { Spool } from './spool/spool.js';

const CONNECT_TIMEOUT_MS = 5_000;
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
    const found = await retryWithBackoff(() => askCore(config, asked, signal), { signal, timeoutMs: RETRY_FOR_MS });
    for (const sampleId of found) durable.add(sampleId);
  }
  return durable;
}

async function askCore(
  config: EdgeConfig,
  sampleIds: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const client = connectCore(config);
  try {
    await client.waitForReady(CONNECT_TIMEOUT_MS);
    const request = { site: config.site, sampleIds: [...sampleIds] };
    return (await client.findDurable(request, { signal, timeoutMs: CALL_TIMEOUT_MS })).sampleIds;
  } finally {
    client.close();
  }
}
