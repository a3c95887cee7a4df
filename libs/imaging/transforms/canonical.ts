import { createHash } from 'node:crypto';
import { canonicalJson } from '#libs/canonical-json';
import type { TransformSpec } from './spec.js';

/** The specification as JSON with sorted keys and no blanks: equal specifications give equal text. */
export function canonicalTransformJson(spec: TransformSpec): string {
  return canonicalJson(spec);
}

/** SHA-256 of {@link canonicalTransformJson}, lower-case hexadecimal. */
export function transformHash(spec: TransformSpec): string {
  return createHash('sha256').update(canonicalTransformJson(spec)).digest('hex');
}
