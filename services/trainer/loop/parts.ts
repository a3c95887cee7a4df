import type { Bus } from '#libs/bus';
import type { Engine } from '#libs/engine';
import type { NetworkConfig, TrainingSession } from '#libs/nn';
import type { Registry } from '#libs/registry';
import type { BatchExchange } from '../data/batch-exchange.js';
import type { HeldBatches } from '../data/held-batches.js';
import type { SampleIndex } from '../data/sample-index.js';
import type { TrainerEvents } from '../events.js';
import type { Gate } from '../gate/gate.js';
import type { Publisher } from '../publishing/publisher.js';
import type { Checkpoints } from '../state/checkpoints.js';
import type { RunState } from '../state/run-state.js';

/** What the training loop works with. */
export interface TrainerParts {
  bus: Bus;
  engine: Engine;
  registry: Registry;
  index: SampleIndex;
  exchange: BatchExchange;
  session: TrainingSession;
  network: NetworkConfig;
  state: RunState;
  held: HeldBatches;
  checkpoints: Checkpoints;
  gate: Gate;
  publisher: Publisher;
  events: TrainerEvents;
}

export interface TrainerOptions {
  batchSize: number;
  /** Steps after the first epoch use batch norm's running statistics. */
  bnFrozenAfterFirstEpoch: boolean;
  /** Which validations offer a candidate: those with a lower loss, or all. */
  candidates: 'improved' | 'every';
  classBalanced: boolean;
  /** Epochs over unchanged data after which training ends. */
  epochs: number;
  /** Training samples between validations. Default: those of an epoch, at least 2000. */
  validateEverySamples: number | undefined;
  /** Samples of a validation at most. */
  validationSamples: number;
  checkpointIntervalMs: number;
}
