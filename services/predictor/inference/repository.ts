import { SulcusError } from '#libs/errors';
import type { Handlers } from '#libs/rpc';
import type { InferenceContext } from './context.js';

type RepositoryHandlers = Pick<Handlers<'Inference'>, 'repositoryIndex' | 'repositoryModelLoad' | 'repositoryModelUnload'>;

/**
 * The registry as a model repository. It can be looked at; what is in service is decided by its aliases alone, so that
 * every change of model has passed the gate and is on record.
 */
export function repositoryHandlers({ directory, registry, slot, config: { alias } }: InferenceContext): RepositoryHandlers {
  return {
    repositoryIndex: async ({ repositoryName, ready }) => {
      assertNoRepository(repositoryName);
      const models = (await registry.list()).map((card) => ({ name: directory.nameOf(card), version: card.version, ...stateOf(card.version) }));
      return { models: ready ? models.filter(({ state }) => state === 'READY') : models };
    },

    repositoryModelLoad: async ({ repositoryName, modelName, parameters }, { signal }) => {
      assertNoRepository(repositoryName);
      if (Object.keys(parameters).length > 0) throw unimplemented(`Models come from the registry alone: promote a version to "${alias}" to have it loaded`);
      await directory.find({ name: modelName, version: '' }, signal);
      return {};
    },

    repositoryModelUnload: async ({ modelName }) => {
      throw unimplemented(`"${modelName}" stays in service: a version goes when another is promoted to "${alias}"`);
    },
  };

  function stateOf(version: string): { state: string; reason: string } {
    if (slot.serving?.card.version === version) return { state: 'READY', reason: '' };
    if (slot.loading === version) return { state: 'LOADING', reason: '' };
    return { state: 'UNAVAILABLE', reason: slot.setbackOf(version)?.message ?? `not what "${alias}" points to` };
  }
}

function assertNoRepository(name: string): void {
  if (name !== '') throw unimplemented(`There is one repository, the registry: leave repository_name empty instead of "${name}"`);
}

const unimplemented = (message: string): SulcusError => new SulcusError('UNIMPLEMENTED', message);
