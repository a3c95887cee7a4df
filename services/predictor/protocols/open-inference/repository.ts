import { SulcusError } from '#libs/errors';
import { hasWeights, type ModelCard } from '#libs/registry';
import type { Handlers } from '#libs/rpc';
import type { InferenceContext } from './context.js';

type RepositoryHandlers = Pick<
  Handlers<'Inference'>,
  'repositoryIndex' | 'repositoryModelLoad' | 'repositoryModelUnload'
>;

/** Parameter that says which version is meant; without it, it is the one in service. */
const VERSION = 'version';

/**
 * The registry as a model repository. What is in service is decided by its alias alone, so that every change of model
 * has passed the gate and is on record; other versions can be loaded beside it, and unloaded.
 */
export function repositoryHandlers({
  resolver,
  registry,
  live,
  versions,
  config: { alias },
}: InferenceContext): RepositoryHandlers {
  return {
    repositoryIndex: async ({ repositoryName, ready }) => {
      assertNoRepository(repositoryName);
      const models = (await registry.list()).map((card) => ({
        name: resolver.nameOf(card),
        version: card.version,
        ...stateOf(card),
      }));
      return { models: ready ? models.filter(({ state }) => state === 'READY') : models };
    },

    repositoryModelLoad: async ({ repositoryName, modelName, parameters }, { signal }) => {
      assertNoRepository(repositoryName);
      const { [VERSION]: version, ...others } = parameters;
      if (Object.keys(others).length > 0)
        throw unimplemented(
          `Models come from the registry alone: promote a version to "${alias}" to have it in service, or name one ` +
            `in the parameter "${VERSION}"`,
        );
      const { release } = await resolver.acquire({ name: modelName, version: version?.stringParam ?? '' }, signal);
      release();
      return {};
    },

    repositoryModelUnload: async ({ repositoryName, modelName, parameters: { [VERSION]: version } }, { signal }) => {
      assertNoRepository(repositoryName);
      const card = await resolver.find({ name: modelName, version: version?.stringParam ?? '' }, signal);
      if (card.version === live.serving?.card.version)
        throw unimplemented(`"${modelName}" stays in service: a version goes when another is promoted to "${alias}"`);
      await versions.unload(card.version);
      return {};
    },
  };

  function stateOf(card: ModelCard): { state: string; reason: string } {
    const { version } = card;
    if (!hasWeights(card)) return { state: 'UNAVAILABLE', reason: 'declined: its card is kept without its weights' };
    if (live.serving?.card.version === version) return { state: 'READY', reason: '' };
    if (live.loading === version) return { state: 'LOADING', reason: '' };
    const state = versions.stateOf(version);
    if (state) return { state, reason: '' };
    const failure = live.loadFailureOf(version) ?? versions.loadFailureOf(version);
    return {
      state: 'UNAVAILABLE',
      reason:
        failure?.message ??
        `not what "${alias}" points to${versions.maxVersions > 0 ? ': loaded when it is asked for' : ''}`,
    };
  }
}

function assertNoRepository(name: string): void {
  if (name !== '')
    throw unimplemented(`There is one repository, the registry: leave repository_name empty instead of "${name}"`);
}

const unimplemented = (message: string): SulcusError => new SulcusError('UNIMPLEMENTED', message);
