import type { CheckpointDescription, ModelCard } from '#libs/registry';

/** What is known of a run from its checkpoint and its versions. */
export interface RunRecord {
  run: string;
  mode: string;
  recipe: Record<string, unknown>;
  /** Images of a step that the trainer chose, for a recipe that leaves it open, and why; undefined: the recipe says. */
  batchSize: { size: number; reason: string } | undefined;
  /** Those that joined while it learned from a stream stand last. */
  classes: readonly string[];
  seed: number | undefined;
  steps: number;
  /** Images that steps went over, replayed ones included. */
  samples: number;
  /** New images of the stream that were learned; undefined in epochs mode. */
  arrivals: number | undefined;
  /** Images that wait for a label of the class list, as far as they are kept; undefined in epochs mode. */
  unlabelled: number | undefined;
  /** Complete epochs; undefined in stream mode. */
  epochs: number | undefined;
  versions: number;
  /** Of the version with the lowest validation loss. */
  best: { version: string; loss: number; accuracy: number } | undefined;
  checkpointBytes: number;
  /** When it was last heard of, milliseconds since the Unix epoch. */
  activeUnixMs: number;
}

interface Manifest {
  recipe?: Record<string, unknown>;
  batchSize?: { size: number; reason: string };
  classes?: readonly string[];
  seed?: number;
  ledger?: { pass: number };
  progress?: { step: number; samples: number };
  stream?: { plan: { memory: { arrivals: number; unlabelled?: readonly unknown[] } } };
}

/** @param cards of the run's versions, oldest first */
export function describeRun(
  run: string,
  checkpoint: CheckpointDescription | undefined,
  cards: readonly ModelCard[],
): RunRecord {
  const manifest = (checkpoint?.manifest ?? {}) as Manifest;
  const newest = cards.at(-1);
  const recipe = manifest.recipe ?? newest?.recipe ?? {};
  const mode = recipe['mode'] === 'stream' ? 'stream' : 'epochs';
  const best = [...cards].sort((a, b) => a.metrics.validation.loss - b.metrics.validation.loss)[0];
  return {
    run,
    mode,
    recipe,
    batchSize: manifest.batchSize ?? newest?.batchSize,
    classes: manifest.classes ?? newest?.classes ?? [],
    seed: manifest.seed ?? newest?.seed,
    steps: manifest.progress?.step ?? newest?.step ?? 0,
    samples: manifest.progress?.samples ?? newest?.samplesSeen ?? 0,
    arrivals: mode === 'stream' ? (manifest.stream?.plan.memory.arrivals ?? 0) : undefined,
    unlabelled: mode === 'stream' ? (manifest.stream?.plan.memory.unlabelled?.length ?? 0) : undefined,
    epochs: mode === 'epochs' ? (manifest.ledger?.pass ?? newest?.pass ?? 0) : undefined,
    versions: cards.length,
    best: best && { version: best.version, ...lossAndAccuracy(best) },
    checkpointBytes: checkpoint?.sizeBytes ?? 0,
    activeUnixMs: Math.max(checkpoint?.savedUnixMs ?? 0, newest?.createdUnixMs ?? 0),
  };
}

function lossAndAccuracy({ metrics }: ModelCard): { loss: number; accuracy: number } {
  const { loss, accuracy } = metrics.validation;
  return { loss, accuracy };
}
