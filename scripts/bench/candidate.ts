import { SulcusError } from '#libs/errors';

/** An allocator to measure. */
export interface Candidate {
  readonly name: string;
  readonly allocator: 'custom' | 'tensorflow';
  /** What the engine's process gets beside this one's environment. */
  readonly environment: Readonly<Record<string, string>>;
}

export const DEFAULT_CANDIDATES = ['custom', 'tensorflow', 'glibc'];

/** TensorFlow then asks the C library, or what is loaded before it, for the memory of tensors. */
const SYSTEM_ALLOCATOR = { TF_ONEDNN_USE_SYSTEM_ALLOCATOR: 'true' };

/**
 * Reads `NAME VARIABLE=value …`. `custom` and `tensorflow` are what SULCUS_ENGINE_MEMORY chooses between; an engine
 * of any other name uses the C library's allocator or the one that LD_PRELOAD puts in its place.
 *
 * @throws INVALID_CONFIG for what is no assignment
 */
export function parseCandidate(text: string): Candidate {
  const [name = '', ...assignments] = text.trim().split(/\s+/);
  const environment = Object.fromEntries(
    assignments.map((assignment) => {
      const [, variable, value] = /^([A-Za-z_]\w*)=(.*)$/.exec(assignment) ?? [];
      if (variable === undefined)
        throw new SulcusError('INVALID_CONFIG', `candidate ${name}: "${assignment}" must be VARIABLE=value`);
      return [variable, value!];
    }),
  );
  if (name === 'custom' || name === 'tensorflow') return { name, allocator: name, environment };
  return { name, allocator: 'tensorflow', environment: { ...SYSTEM_ALLOCATOR, ...environment } };
}
