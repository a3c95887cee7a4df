import { onStall } from '#libs/async';
import { SulcusError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import { connectBus, type Bus } from './bus.js';
import { readBrokerFaults } from './connection/broker-faults.js';
import { publishEvent } from './messages/events.js';
import { checkStateId, readStateId } from './state-identity.js';

/** What `busEnvironment` says. */
export interface BusSettings {
  natsUrl: string;
  monitorUrl?: string | undefined;
  /** The state that the service belongs to; undefined: whichever the broker holds at the start. */
  stateId?: string | undefined;
}

/** What a service is to its bus. */
export interface BusUser {
  name: string;
  /** Unique per process. */
  instance: string;
  signal: AbortSignal;
  log: Logger;
  /** Ends the process with an error. */
  fail: (error: SulcusError) => void;
}

/**
 * How a service comes to its broker: connects, sees to the streams, warns of what the broker does not promise, and
 * tells operators from then on when the service waits for long.
 *
 * One that finds itself at a broker of another state, at the start or after a reconnect, leaves it at once.
 *
 * @throws as connectBus and ensureTopology; STATE_MISMATCH
 */
export async function openBus(
  { natsUrl, monitorUrl, stateId }: BusSettings,
  { name, instance, signal, log, fail }: BusUser,
): Promise<Bus> {
  const bus = await connectBus({ servers: natsUrl, name, signal });
  try {
    await bus.ensureTopology();
    const own = stateId ?? (await readStateId(bus));
    await checkStateId(bus, own);
    bus.onReconnect(() => void leaveForeign(bus, own, fail));
    bus.onEnd(fail);
    await warnOfFaults(monitorUrl, log);
    onStall((stall) => void publishEvent(bus, name, instance, { state: stalledState(stall) }));
    return bus;
  } catch (error) {
    await bus.drain();
    throw error;
  }
}

/** The client protocol tells nothing of syncing: without the monitoring's address it cannot be known, and is said. */
async function warnOfFaults(monitorUrl: string | undefined, log: Logger): Promise<void> {
  if (monitorUrl === undefined) {
    log.info('whether the broker syncs what it acknowledges is not known: SULCUS_NATS_MONITOR_URL says where to ask');
    return;
  }
  for (const { code, message } of await readBrokerFaults(monitorUrl)) log.warn({ code }, `the broker: ${message}`);
}

const stalledState = (stall: string | undefined): { state: string; message: string } =>
  stall === undefined ? { state: 'busy', message: 'going on again' } : { state: 'stalled', message: stall };

/** Nothing of this state may reach another: the connection goes first, then the process. */
async function leaveForeign(bus: Bus, own: string, fail: (error: SulcusError) => void): Promise<void> {
  try {
    await checkStateId(bus, own);
  } catch (thrown) {
    const error = SulcusError.from(thrown);
    if (error.code !== 'STATE_MISMATCH') return; // it is away again: the next reconnect asks again
    await bus.abandon();
    fail(error);
  }
}
