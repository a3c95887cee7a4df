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
  /** Of these, those with a label that is not in the class list, by that label; undefined in epochs mode. */
  unknownLabels: Record<string, number> | undefined;
  /** Complete epochs; undefined in stream mode. */
  epochs: number | undefined;
  versions: number;
  /** Of the version with the lowest validation loss. */
  best: { version: string; loss: number; accuracy: number } | undefined;
  checkpointBytes: number;
  /** When it was last heard of, milliseconds since the Unix epoch. */
  activeUnixMs: number;
}

/** A sample that waits for a label of the class list. */
interface Waiting {
  label?: { name: string };
}

interface Manifest {
  recipe?: Record<string, unknown>;
  batchSize?: { size: number; reason: string };
  classes?: readonly string[];
  seed?: number;
  ledger?: { pass: number };
  progress?: { step: number; samples: number };
  stream?: { plan: { memory: { arrivals: number; unlabelled?: readonly Waiting[] } } };
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
  const waiting = mode === 'stream' ? (manifest.stream?.plan.memory.unlabelled ?? []) : undefined;
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
    unlabelled: waiting?.length,
    unknownLabels: waiting && countLabels(waiting),
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

function countLabels(samples: readonly Waiting[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { label } of samples)
    if (label && label.name !== '') counts.set(label.name, (counts.get(label.name) ?? 0) + 1);
  return Object.fromEntries(counts);
}
