import { encodeSafetensors, type NetworkConfig, type NetworkState } from '#libs/nn';
import type { ModelCard, Registry } from '#libs/registry';
import { attr, withSpan } from '#libs/telemetry';
import { decide, settle, type Decision } from './promotion.js';
import type { RunState } from './run-state.js';

/** What a model card says beside what the run's state knows. */
export interface CardConstants {
  network: NetworkConfig;
  transform: Record<string, unknown>;
  transformHash: string;
  parameterCount: number;
  codeVersion: string;
}

type ReadState = () => Promise<{ weights: NetworkState; optimizer: NetworkState }>;

/** Offers candidates: publishes a version of the present state and settles whether it becomes champion. */
export class Publisher {
  readonly #registry: Registry;
  readonly #constants: CardConstants;

  constructor(registry: Registry, constants: CardConstants) {
    this.#registry = registry;
    this.#constants = constants;
  }

  /** Publishes the state's pending candidate. Safe to repeat: the registry knows run and step. */
  async publish(state: RunState, readState: ReadState, decision: Decision): Promise<{ version: string; promoted: boolean }> {
    const links = state.stepTraceparents.map((traceparent) => ({ traceparent }));
    return withSpan('publish model', { root: true, links, attributes: { [attr.run]: state.identity.run, [attr.step]: state.progress.step } }, async (span) => {
      const { weights, optimizer } = await readState();
      const content = { weights: encodeSafetensors(weights, this.#weightsMetadata(state)), optimizer: encodeSafetensors(optimizer) };
      const card = await this.#registry.publish(this.#card(state, span.traceparent), content);
      span.setAttributes({ [attr.modelVersion]: card.version });
      await settle(this.#registry, card, decision);
      state.pendingPublication = null;
      state.parentVersion = card.version;
      state.clearStepTraces();
      return { version: card.version, promoted: decision.promote };
    });
  }

  /** Publishes what a restored checkpoint says is not published yet. */
  async publishPending(state: RunState, readState: ReadState): Promise<void> {
    if (!state.pendingPublication) return;
    const champion = await this.#registry.alias('champion');
    const card = champion && (await this.#registry.get(champion.version));
    await this.publish(state, readState, decide(state.pendingPublication.metrics, card && { ...card.metrics.validation, version: card.version }));
  }

  #weightsMetadata(state: RunState): Record<string, string> {
    return { architecture: this.#constants.network.architecture, classes: JSON.stringify(state.identity.classes) };
  }

  #card(state: RunState, traceparent: string): Omit<ModelCard, 'version' | 'weights' | 'weightsHash' | 'optimizer' | 'createdUnixMs'> {
    const { network, transform, transformHash, parameterCount, codeVersion } = this.#constants;
    const { identity, progress, ledger, pendingPublication } = state;
    const { samples, loss, accuracy, sampleSetHash } = pendingPublication!.metrics;
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
      step: progress.step,
      pass: pendingPublication!.pass,
      samplesSeen: progress.samples,
      lineage: { scanSequences: { first: 1, last: ledger.snapshotSequence, count: ledger.settledCount }, ledgerHash: ledger.hash() },
      metrics: { validation: { loss, accuracy, samples, sampleSetHash } },
      parameterCount,
      codeVersion,
      ...(state.parentVersion === null ? {} : { parent: state.parentVersion }),
      ...(traceparent === '' ? {} : { traceparent }),
    };
  }
}
