import type { TestContext } from 'node:test';
import { connectBus, type Bus } from '#libs/bus';
import { startNats, type TestNats } from '../../helpers/nats.js';

export interface Broker {
  nats: TestNats;
  bus: Bus;
}

/** A broker of its own with the topology in place. */
export async function startBroker(test: TestContext): Promise<Broker> {
  const nats = await startNats(test);
  const bus = await connectBus({ servers: nats.url, name: 'registry-test' });
  test.after(() => bus.drain());
  await bus.ensureTopology();
  return { nats, bus };
}
