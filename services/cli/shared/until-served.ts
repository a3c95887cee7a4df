import { pause } from '#libs/async';
import { SulcusError } from '#libs/errors';
import { createClient } from '#libs/rpc';

const LOOK_EVERY_MS = 200;

/**
 * Resolves when a predictor answers by this version for an alias: it is loaded, warm and checked.
 *
 * @throws DEADLINE_EXCEEDED saying what is served instead; SERVICE_UNAVAILABLE when nobody answers there;
 *   PERMISSION_DENIED
 */
export async function untilServed(
  address: string,
  { alias, version, timeoutMs }: { alias: string; version: string; timeoutMs: number },
): Promise<void> {
  using client = createClient('Inference', address, { serverName: 'predictor' });
  const deadlineMs = performance.now() + timeoutMs;
  const { signal } = new AbortController();
  for (;;) {
    const served = await servedAs(client, alias, version);
    if (served === version) return;
    if (performance.now() > deadlineMs)
      throw new SulcusError(
        'DEADLINE_EXCEEDED',
        `${alias} is ${version}, and the predictor at ${address} serves ${served ?? 'none'} after ` +
          `${Math.round(timeoutMs / 1000)} s: its log says why`,
      );
    await pause(LOOK_EVERY_MS, signal);
  }
}

/** The version that answers for an alias; undefined while none does, or the one that is wanted is not loaded. */
async function servedAs(
  client: Pick<ReturnType<typeof createClient<'Inference'>>, 'repositoryIndex' | 'modelMetadata' | 'modelReady'>,
  alias: string,
  wanted: string,
): Promise<string | undefined> {
  try {
    const { models } = await client.repositoryIndex({});
    const { name = '' } = models.find(({ version }) => version === wanted) ?? {};
    if (name === '') return undefined;
    const [served] = (await client.modelMetadata({ name, version: alias })).versions;
    if (served !== wanted) return served;
    return (await client.modelReady({ name, version: wanted })).ready ? served : undefined;
  } catch (error) {
    const { code } = SulcusError.from(error);
    if (code === 'MODEL_NOT_READY' || code === 'NOT_FOUND') return undefined;
    throw error;
  }
}
