import { createHash } from 'node:crypto';
import type { BatchRequest } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { validateTransform, type TransformReference, type TransformSpec } from '#libs/imaging';

/** The transform of a request, valid and of the hash that the request says. */
export interface CheckedTransform extends TransformReference {
  readonly spec: TransformSpec;
}

/** A run keeps its transform for its whole life, so few are ever known at once. */
const MAX_KNOWN = 64;

/** Transforms by hash, checked when a request first brings them. */
export class TransformLibrary {
  readonly #known = new Map<string, TransformSpec>();

  /** @throws HASH_MISMATCH, INVALID_ARGUMENT */
  get({
    transformJson: json,
    transformHash: hash,
    augment,
  }: Pick<BatchRequest, 'transformJson' | 'transformHash' | 'augment'>): CheckedTransform {
    return { hash, spec: this.#known.get(hash) ?? this.#check(json, hash), mode: augment ? 'train' : 'eval' };
  }

  #check(json: string, hash: string): TransformSpec {
    const actual = createHash('sha256').update(json).digest('hex');
    if (actual !== hash)
      throw new SulcusError('HASH_MISMATCH', `The transform has the hash ${actual}, the request says ${hash}`);
    const spec = validateTransform(parseJson(json));
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(hash, spec);
    return spec;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SulcusError('INVALID_ARGUMENT', 'The transform of the request is not JSON', { cause: error });
  }
}
