import { connectBus, type Bus } from '#libs/bus';

/** A restart of the broker takes less; what takes longer people want to know. */
const PATIENCE_MS = 30_000;

/**
 * The broker of a command, which waits for one that goes away while it is at work, but not for ever.
 *
 * @throws as connectBus; what is asked of a broker that stays away throws BUS_UNAVAILABLE
 */
export const connectCommand = (servers: string, name: string, signal?: AbortSignal): Promise<Bus> =>
  connectBus({ servers, name, patienceMs: PATIENCE_MS, ...(signal && { signal }) });
