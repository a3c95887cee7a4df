import type { Logger } from '#libs/telemetry';
import { connectBus, type Bus } from './bus.js';
import { readBrokerFaults } from './connection/broker-faults.js';

/** What `busEnvironment` says. */
export interface BusSettings {
  natsUrl: string;
  monitorUrl?: string | undefined;
}

/**
 * How a service comes to its broker: connects, sees to the streams, and warns of what the broker does not promise.
 *
 * @throws as connectBus and ensureTopology
 */
export async function openBus(
  { natsUrl, monitorUrl }: BusSettings,
  { name, signal, log }: { name: string; signal: AbortSignal; log: Logger },
): Promise<Bus> {
  const bus = await connectBus({ servers: natsUrl, name, signal });
  try {
    await bus.ensureTopology();
    await warnOfFaults(monitorUrl, log);
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
