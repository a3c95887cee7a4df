import type { MessageRole } from '#libs/rpc';
import { EXPLANATION_OUTPUT } from './open-inference/tensors.js';

/** What a request that asks for an explanation has, in either protocol. */
interface MaybeExplained {
  readonly explain?: object | null;
  readonly outputs?: readonly { readonly name: string }[];
}

/** An explanation shows more of a model than its answers do: it needs a role of its own. */
export const explainRole: MessageRole = (_method, message) => {
  const { explain, outputs } = message as MaybeExplained;
  const asked = Boolean(explain) || (outputs ?? []).some(({ name }) => name === EXPLANATION_OUTPUT);
  return asked ? 'explain' : null;
};
