import type { ImageInput } from '#libs/imaging';
import type { ModelCard } from '#libs/registry';
import type { Explanation } from '../explanations/explanation.js';
import type { EngineFacts } from '../servables/engine-facts.js';

/** One answered image. */
export interface Prediction {
  /** Identity of this prediction in traces and records. */
  predictionId: string;
  /** SHA-256 of the image as it came, lower-case hexadecimal. */
  sampleId: string;
  /** The image as it came. */
  input: ImageInput;
  /** Card of the version that answered. */
  card: ModelCard;
  /** In the order of the card's classes, at the temperature of its calibration; they sum to 1. */
  probabilities: Float32Array;
  /** Index of the highest probability. */
  predicted: number;
  /** Hash, decode and transform. */
  prepareMs: number;
  /** From being ready to the batch going out. */
  queueMs: number;
  /** Inference of the batch. */
  inferenceMs: number;
  batchSize: number;
  /** Place in the batch, from 0. */
  batchRow: number;
  /** What computed the probabilities. */
  engine: EngineFacts;
  /** The request was taken up, and the engine had answered. */
  receivedUnixMs: number;
  inferredUnixMs: number;
  /** W3C trace context of the span; empty when it is not traced. */
  traceparent: string;
  /** When one was asked for. */
  explanation?: Explanation;
}

/** How a request came. */
export interface RequestOrigin {
  protocol: 'sulcus.v1' | 'inference';
  /** The caller's own name for it, or empty. */
  name: string;
  /** Study that its images are predicted as a part of. */
  studyId?: string;
}
