import { temperatureScaled, type Calibration } from '#libs/calibration';
import { isSignificantlyWorse } from '#libs/evaluation';
import { InferenceSession, type NetworkState, type SessionState } from '#libs/nn';
import { askModels } from '../gate/ask-models.js';
import { modelAtRest, type GateModel } from '../gate/gate-model.js';
import { classCounts, heldOutSamples, sampleSetHash } from '../gate/held-out.js';
import { MetricAccumulator } from '../loop/metric-accumulator.js';
import { assertFiniteLoss, type MeasuredMetrics } from '../publishing/promotion.js';
import { fittingChampion } from './fitting-champion.js';
import type { Answer } from './prequential.js';
import type { StreamCheckpoints } from './stream-checkpoints.js';
import type { StreamOptions, StreamParts } from './stream-parts.js';

/** Held-out samples asked at once. */
const EVALUATION_BATCH = 32;

interface Validated {
  metrics: MeasuredMetrics;
  calibration?: Calibration;
}

/**
 * Offers the averaged weights: measures them on the validation split, has them judged beside the champion on the gate
 * split, publishes them. Learning goes on from the last weights whatever comes of it, unless the averaged ones are
 * clearly worse than the champion: then it goes back to that one.
 */
export class Round {
  readonly #parts: StreamParts;
  readonly #options: StreamOptions;
  readonly #checkpoints: StreamCheckpoints;
  /** Answers with the weights that were offered last. */
  #offered: InferenceSession | undefined;
  /** Answers as the champion does, where that is a version of the same network. */
  #champion: { session: InferenceSession; temperature: number } | undefined;

  constructor(parts: StreamParts, options: StreamOptions, checkpoints: StreamCheckpoints) {
    this.#parts = parts;
    this.#options = options;
    this.#checkpoints = checkpoints;
  }

  /** How the version that serves answers; undefined while it is none of this network. */
  get championAnswer(): Answer | undefined {
    const champion = this.#champion;
    if (!champion) return undefined;
    return async (pixels, count) => {
      const probabilities = await champion.session.predict(pixels, count);
      const classCount = probabilities.length / count;
      // As it serves: at its own temperature.
      for (let row = 0; row < count; row++) {
        const own = probabilities.subarray(row * classCount, (row + 1) * classCount);
        own.set(temperatureScaled(own, champion.temperature));
      }
      return probabilities;
    };
  }

  /** Carries out what a predecessor decided and could not carry out, and gets the champion ready to answer. */
  async resume(): Promise<void> {
    await this.#parts.publisher.publishPending(this.#parts.state, () => this.#averagedState());
    await this.#followChampion();
    await this.#goBack();
  }

  /** Offers the averaged weights of this moment. */
  async offer(signal: AbortSignal): Promise<void> {
    const { plan, state, session, gate, publisher, events, counters } = this.#parts;
    await events.state('busy', 'measuring the averaged weights');
    const offered = await this.#loaded(await session.readAverage());
    const validation = await this.#validate(offered, signal);
    const temperature = validation?.calibration?.temperature ?? 1;
    const judgement = await gate.judgeCandidate(this.#model(offered, temperature), 0, signal);
    plan.beginRound();
    state.progress.validations++;
    state.pendingPublication = validation ? { ...validation, pass: 0, ...judgement } : null;
    const { outcomes } = judgement;
    counters.goesBack = outcomes !== undefined && isSignificantlyWorse(outcomes);
    await this.#checkpoints.save();
    const published = await publisher.publishPending(state, () => this.#averagedState());
    if (validation) await events.validated(state.progress, 0, validation.metrics, state.identity.classes, published);
    if (published?.promoted) await this.#followChampion({ isBetter: true });
    await this.#goBack();
  }

  async close(): Promise<void> {
    await this.#offered?.close();
    await this.#champion?.session.close();
  }

  /** What is published: the averaged weights, with the optimizer of the same moment. */
  async #averagedState(): Promise<SessionState> {
    const { average, ...rest } = await this.#parts.session.readState();
    return { ...rest, weights: average! };
  }

  async #loaded(weights: NetworkState): Promise<InferenceSession> {
    const { engine, network } = this.#parts;
    if (this.#offered) await this.#offered.writeWeights(weights);
    else this.#offered = await InferenceSession.create(engine, network, weights);
    return this.#offered;
  }

  #model(session: InferenceSession, temperature: number): GateModel {
    const { network, state } = this.#parts;
    const about = { classes: state.identity.classes, input: network.input, temperature };
    return modelAtRest(session, { name: 'the averaged weights', ...about });
  }

  /** Undefined when there is no validation sample. Throws MODEL_INVALID when a loss is no finite number. */
  async #validate(session: InferenceSession, signal: AbortSignal): Promise<Validated | undefined> {
    const { plan, state } = this.#parts;
    const { classes } = state.identity;
    const samples = heldOutSamples(plan.settled.labelled('SPLIT_VALIDATION'), 'validation', this.#options.heldOutSize);
    const questions = { samples, split: 'SPLIT_VALIDATION', epoch: 0, batchSize: EVALUATION_BATCH } as const;
    const [answers] = await askModels(this.#parts, [this.#model(session, 1)], questions, signal);
    const accumulator = new MetricAccumulator(classes.length);
    for (const { scanSequence, classIndex } of samples) {
      const probabilities = answers!.get(scanSequence);
      if (probabilities) accumulator.add(probabilities, Int32Array.of(classIndex), classes.length);
    }
    const metrics = accumulator.metrics();
    if (!metrics) return undefined;
    assertFiniteLoss('the averaged weights', metrics);
    const calibration = accumulator.calibration();
    return {
      metrics: {
        ...metrics,
        sampleSetHash: sampleSetHash(samples, classes),
        classCounts: classCounts(samples, classes),
      },
      ...(calibration && { calibration }),
    };
  }

  /** The version that serves answers new samples from now on, if it is of this network. */
  async #followChampion(about: { isBetter?: boolean } = {}): Promise<void> {
    const { engine, network, registry, prequential } = this.#parts;
    const champion = await fittingChampion(registry, this.#parts, this.#options.transformHash);
    if (champion && champion.version === prequential.version && this.#champion) return;
    await this.#champion?.session.close();
    this.#champion = champion && {
      session: await InferenceSession.create(engine, network, champion.weights),
      temperature: champion.temperature,
    };
    prequential.watch(champion?.version ?? '', about);
  }

  /** Learning goes back to the champion when what was learned since is clearly worse. */
  async #goBack(): Promise<void> {
    const { counters, registry, session, state, events } = this.#parts;
    if (!counters.goesBack) return;
    const champion = await fittingChampion(registry, this.#parts, this.#options.transformHash);
    counters.goesBack = false;
    if (!champion) return;
    await session.writeState({ weights: champion.weights });
    state.parentVersion = champion.version;
    await state.learned?.goBack(state.progress.step, champion.segment);
    await events.wentBack(state.progress, champion.version);
  }
}
