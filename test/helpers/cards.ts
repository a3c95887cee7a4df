import { randomBytes } from 'node:crypto';
import type { ModelCard, ModelCardDraft } from '#libs/registry';

/** What a trainer publishes, of a network that nobody asks; a test names what it is about. */
export const cardDraft = (overrides: Partial<ModelCardDraft> = {}): ModelCardDraft => ({
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

/** The card that the registry makes of it. */
export const modelCard = (overrides: Partial<ModelCard> = {}): ModelCard => ({
  ...cardDraft(),
  version: 'main-000001',
  weights: { sha256: 'c'.repeat(64), sizeBytes: 1, chunkCount: 1 },
  weightsHash: 'c'.repeat(64),
  createdUnixMs: 0,
  ...overrides,
});

/** Bytes in place of weights and of the optimizer's state. */
export const randomContent = (sizeBytes = 1_000_000): { weights: Buffer; optimizer: Buffer } => ({
  weights: randomBytes(sizeBytes),
  optimizer: randomBytes(sizeBytes),
});
