import type { TransformMode } from '../transforms/compile.js';

/** A transform that images go through, as requests and model cards name it. */
export interface TransformReference {
  /** SHA-256 of its canonical JSON, lower-case hexadecimal. */
  readonly hash: string;
  /** Transform specification; it is checked before its first use. */
  readonly spec: unknown;
  /** Which of its ops. Default: `eval`. */
  readonly mode?: TransformMode | undefined;
}

/** What names a transform between the pool and its threads. */
export const transformKey = ({ hash, mode = 'eval' }: TransformReference): string => `${mode} ${hash}`;
