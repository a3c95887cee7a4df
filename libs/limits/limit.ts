import type { ErrorCode } from '#libs/errors';

/** Where a limit holds. */
export type Boundary =
  | 'every gRPC server'
  | 'ingest'
  | 'predictor'
  | 'an image file, in ingest and predictor alike'
  | 'a DICOM object, in ingest and predictor alike'
  | 'a manifest'
  | 'a packed file'
  | 'a folder';

/** What a limit counts in. */
export type Unit = 'bytes' | 'pixels' | 'milliseconds' | 'per second' | 'bytes per second' | 'count';

/** One bound on work that somebody outside can ask for. */
export interface Limit {
  readonly boundary: Boundary;
  readonly value: number;
  readonly unit: Unit;
  /** What is bounded. */
  readonly of: string;
  /** What whoever goes beyond it gets: an error code, or in words where no answer can be given. */
  readonly answer: ErrorCode | { readonly words: string };
  /** Environment variable that sets another value. */
  readonly variable?: string;
}
