import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { connectBus, type Bus } from '#libs/bus';
import type { ModelCardDraft } from '#libs/registry';
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

/** A card that differs from the others only in what a test names. */
export const draft = (overrides: Partial<ModelCardDraft> = {}): ModelCardDraft => ({
  run: 'main',
  architecture: 'baseline-cnn',
  classes: ['glioma', 'notumor'],
  input: { height: 64, width: 64, channels: 1, range: [0, 255], normalize: { mean: [0.5], std: [0.5] } },
  transform: { name: 's0' },
  transformHash: 'a'.repeat(64),
  recipe: { name: 'default' },
  seed: 1,
  step: 10,
  pass: 0,
  samplesSeen: 320,
  lineage: { scanSequences: { first: 1, last: 100, count: 100 }, ledgerHash: 'b'.repeat(64) },
  metrics: { validation: { loss: 0.5, accuracy: 0.9, samples: 20 } },
  parameterCount: 1000,
  codeVersion: '0.1.0',
  ...overrides,
});

export const content = (sizeBytes = 1_000_000): { weights: Buffer; optimizer: Buffer } => ({
  weights: randomBytes(sizeBytes),
  optimizer: randomBytes(sizeBytes),
});
