import type { MessageName } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { Random } from '#libs/random';

/** Makes an input: of the same random stream always the same. */
export type Make = (random: Random) => Buffer;

/** What inputs are given to, while it is open. */
export interface Subject extends AsyncDisposable {
  /** @returns what came of it in a word: `accepted`, or the code of a refusal. @throws what is a finding */
  run(input: Buffer): Promise<string>;
  /** Asked now and then, and at the end: is everybody else still served? @throws what is a finding */
  check?(): Promise<void>;
}

/** One door that outsiders, or whoever can write to the broker, have to us. */
export interface Target {
  readonly name: string;
  /** Inputs that it gets of all, in proportion to the others. */
  readonly share: number;
  /** Targets of a kind are met in one process: those of `services` share the running ones. */
  readonly kind: 'readers' | 'services';
  /** Messages that its inputs are read as, by the codec of each. */
  readonly reads?: readonly MessageName[];
  /** Reads the corpus. */
  maker(): Promise<Make>;
  open(): Promise<Subject>;
}

/** A subject that needs nothing to be stopped. */
export const subject = (run: Subject['run']): Subject => ({ run, [Symbol.asyncDispose]: async () => undefined });

/** What came of a call: our own errors are answers, but for those that nobody foresaw. */
export async function outcomeOf(run: () => unknown): Promise<string> {
  try {
    await run();
    return 'accepted';
  } catch (error) {
    return refusalOf(error);
  }
}

/** @throws what is no refusal of ours */
export function refusalOf(error: unknown): string {
  if (error instanceof SulcusError && error.code !== 'INTERNAL') return error.code;
  throw error;
}
