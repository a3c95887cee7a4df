import { encodeSafetensors, type NetworkConfig, type NetworkState } from '#libs/nn';
import type { ModelCard, ModelCardDraft, Registry } from '#libs/registry';
import { attr, withSpan } from '#libs/telemetry';
import type { WithRoom } from '../state/with-room.js';
import type { PendingPublication } from './pending-publication.js';
import { settle } from './promotion.js';

/** What a model card says beside what the run's state knows. */
export interface CardConstants {
  network: NetworkConfig;
  transform: Record<string, unknown>;
  transformHash: string;
  parameterCount: number;
  /** How figures are measured, where that is not how versions serve. */
  evaluation?: ModelCard['evaluation'];
  codeVersion: string;
  /** What computed the weights, for example `GPU:0` and `GPU:1`. */
  devices: readonly string[];
}

/** What a publication takes from the state of a run, and leaves in it. */
export interface PublishedState {
  readonly identity: { run: string; recipe: Record<string, unknown>; classes: readonly string[]; seed: number };
  readonly progress: { readonly step: number; readonly samples: number };
  readonly lineage: ModelCard['lineage'];
  /** Where the samples are listed that had their effect. */
  readonly learned?: { durable(): Promise<void> } | undefined;
  readonly batchSize?: { readonly size: number; readonly reason: string } | undefined;
  readonly stepTraceparents: readonly string[];
  pendingPublication: PendingPublication | null;
  parentVersion: string | null;
  clearStepTraces(): void;
}

/** What became of a candidate. */
export interface Published {
  version: string;
  /** Whether it became champion. */
  promoted: boolean;
  /** Why, or why not: a sentence with the figures that decided. */
  reason: string;
}

type ReadState = () => Promise<{ weights: NetworkState; optimizer: NetworkState }>;

/**
 * Offers candidates: publishes a version of the present state and settles whether an alias moves to it. The weights of
 * a candidate that was declined are not stored.
 */
export class Publisher {
  readonly #registry: Registry;
  readonly #constants: CardConstants;
  readonly #keepVersions: number;
  readonly #withRoom: WithRoom;

  /** @param keepVersions versions of a run that stay besides those an alias needs: the blob store is finite */
  constructor(registry: Registry, constants: CardConstants, keepVersions: number, withRoom: WithRoom) {
    this.#registry = registry;
    this.#constants = constants;
    this.#keepVersions = keepVersions;
    this.#withRoom = withRoom;
  }

  /**
   * Publishes the state's pending candidate, if there is one, and carries out the decision about it. Safe to repeat
   * after a crash at any point: the registry knows run and step.
   */
  async publishPending(state: PublishedState, readState: ReadState): Promise<Published | undefined> {
    const pending = state.pendingPublication;
    if (!pending) return undefined;
    const links = state.stepTraceparents.map((traceparent) => ({ traceparent }));
    const attributes = { [attr.run]: state.identity.run, [attr.step]: state.progress.step };
    return withSpan('publish model', { root: true, links, attributes }, async (span) => {
      const { weights, optimizer } = await readState();
      const content = {
        weights: encodeSafetensors(weights, this.#weightsMetadata(state, pending)),
        optimizer: encodeSafetensors(optimizer),
      };
      const { keepsWeights = true } = pending.decision;
      const draft = this.#card(state, pending, span.traceparent);
      const card = await this.#withRoom('a model version', async () => {
        await state.learned?.durable();
        return this.#registry.publish(draft, content, { keepsWeights });
      });
      span.setAttributes({ [attr.modelVersion]: card.version });
      const { promote, alias = 'champion', reason } = await settle(this.#registry, card, pending.decision);
      await this.#registry.prune(this.#keepVersions);
      state.pendingPublication = null;
      state.parentVersion = card.version;
      state.clearStepTraces();
      return { version: card.version, promoted: promote && alias === 'champion', reason };
    });
  }

  /** What a weights file says of itself, so that it can be asked without its card. */
  #weightsMetadata(state: PublishedState, { calibration }: PendingPublication): Record<string, string> {
    const { network, transform } = this.#constants;
    const { precision } = state.identity.recipe;
    return {
      architecture: network.architecture,
      ...(network.head === undefined ? {} : { head: network.head }),
      classes: JSON.stringify(state.identity.classes),
      transform: JSON.stringify(transform),
      temperature: String(calibration?.temperature ?? 1),
      ...(typeof precision === 'string' && { precision }),
    };
  }

  #card(state: PublishedState, pending: PendingPublication, traceparent: string): ModelCardDraft {
    const { network, transform, transformHash, parameterCount, evaluation, codeVersion, devices } = this.#constants;
    const { identity, progress, lineage, batchSize } = state;
    const { samples, loss, accuracy, sampleSetHash, classCounts } = pending.metrics;
    return {
      run: identity.run,
      architecture: network.architecture,
      ...(network.head === undefined ? {} : { head: network.head }),
      classes: identity.classes,
      input: { ...network.input, range: [0, 255], normalize: network.normalize },
      transform,
      transformHash,
      recipe: identity.recipe,
      seed: identity.seed,
      ...(batchSize && { batchSize }),
      ...(evaluation && { evaluation }),
      step: progress.step,
      pass: pending.pass,
      samplesSeen: progress.samples,
      lineage,
      metrics: {
        validation: { loss, accuracy, samples, sampleSetHash, ...(classCounts && { classCounts }) },
        ...(pending.gate && { gate: pending.gate }),
      },
      ...(pending.calibration === undefined ? {} : { calibration: pending.calibration }),
      parameterCount,
      codeVersion,
      devices,
      ...(state.parentVersion === null ? {} : { parent: state.parentVersion }),
      ...(traceparent === '' ? {} : { traceparent }),
    };
  }
}
