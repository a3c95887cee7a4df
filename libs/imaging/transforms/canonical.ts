import { createHash } from 'node:crypto';
import type { TransformSpec } from './spec.js';

/** The specification as JSON with sorted keys and no blanks: equal specifications give equal text. */
export function canonicalTransformJson(spec: TransformSpec): string {
  return JSON.stringify(sorted(spec));
}

/** SHA-256 of {@link canonicalTransformJson}, lower-case hexadecimal. */
export function transformHash(spec: TransformSpec): string {
  return createHash('sha256').update(canonicalTransformJson(spec)).digest('hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
