import { createHash } from 'node:crypto';
import { SulcusError } from '#libs/errors';
import { compileTransform, validateTransform, type CompiledTransform, type TransformMode } from '#libs/imaging';

/** How a transform is named between threads and in requests. */
export interface TransformReference {
  readonly json: string;
  /** SHA-256 of the JSON, lower-case hexadecimal. */
  readonly hash: string;
  readonly mode: TransformMode;
}

/** A run keeps its transform for its whole life, so few are ever known at once. */
const MAX_KNOWN = 64;

/** Transforms by hash, checked and compiled when a request first brings them. */
export class TransformLibrary {
  readonly #known = new Map<string, Record<TransformMode, CompiledTransform>>();

  /** @throws HASH_MISMATCH, INVALID_ARGUMENT */
  get({ json, hash, mode }: TransformReference): CompiledTransform {
    return (this.#known.get(hash) ?? this.#learn(json, hash))[mode];
  }

  #learn(transformJson: string, transformHash: string): Record<TransformMode, CompiledTransform> {
    const actual = createHash('sha256').update(transformJson).digest('hex');
    if (actual !== transformHash)
      throw new SulcusError('HASH_MISMATCH', `The transform has the hash ${actual}, the request says ${transformHash}`);
    const spec = validateTransform(parseJson(transformJson));
    const compiled = { train: compileTransform(spec, 'train'), eval: compileTransform(spec, 'eval') };
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(transformHash, compiled);
    return compiled;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SulcusError('INVALID_ARGUMENT', 'The transform of the request is not JSON', { cause: error });
  }
}
