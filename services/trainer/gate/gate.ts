import type { GatePolicy, PairedOutcomes } from '#libs/evaluation';
import type { GateMetrics, Registry } from '#libs/registry';
import type { SampleIndex } from '../data/sample-index.js';
import { frozenReason, offeredAlias, type Decision, type PromotionPolicy } from '../publishing/promotion.js';
import { askModels, type Answers, type AskingParts } from './ask-models.js';
import { findChampion, loadChampion, type Champion, type ChampionParts } from './champion.js';
import { figuresOf } from './figures.js';
import type { GateModel } from './gate-model.js';
import { heldOutSamples, sampleSetHash, classCounts, type HeldOutSample } from './held-out.js';
import { incomparable, reachVerdict, type Opponent } from './verdict.js';

export interface GateParts extends AskingParts, ChampionParts {
  index: Pick<SampleIndex, 'labelled'>;
}

export interface GateOptions {
  /** Class names of the run. */
  classes: readonly string[];
  /** How the images of the run are prepared. */
  transformHash: string;
  batchSize: number;
  promotion: PromotionPolicy;
  /** Samples that are asked at most. */
  maxSamples: number;
  policy: GatePolicy;
  /** Whether the weights of declined versions are stored too. */
  keepDeclined: boolean;
}

/** What came of a candidate. */
export interface Judgement {
  decision: Decision;
  /** For the model card; absent when none of the images could be prepared. */
  gate?: GateMetrics;
  /** Candidate (first) and champion (second) sample by sample, where they were compared. */
  outcomes?: PairedOutcomes;
}

/** The samples that a candidate is judged on. */
interface GateSet {
  split: GateMetrics['split'];
  samples: readonly HeldOutSample[];
  hash: string;
}

/**
 * Decides whether a candidate takes the champion's place: both answer the same images of the gate split, each as its
 * own card says, and a paired test on their errors decides. Where no labelled image is in the gate split, the
 * validation split stands in, and the reason says so.
 */
export class Gate {
  readonly #parts: GateParts;
  readonly #options: GateOptions;
  /** What a champion answered last, and to which set: it is asked once. */
  #remembered: { version: string; hash: string; answers: Answers } | undefined;

  constructor(parts: GateParts, options: GateOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  /**
   * Judges a candidate beside the version that the alias of the promotion policy points to now.
   *
   * @param epoch that the requests for images name
   * @throws MODEL_INVALID when the candidate's answers are not finite numbers
   */
  async judgeCandidate(candidate: GateModel, epoch: number, signal: AbortSignal): Promise<Judgement> {
    const { classes, promotion, policy, keepDeclined } = this.#options;
    const alias = offeredAlias(promotion);
    const set = this.#set();
    const champion = await findChampion(this.#parts.registry, alias);
    const { answers, opponent } = await this.#ask(candidate, champion, set, epoch, signal);
    const samples = set.samples.filter(
      ({ scanSequence }) => answers.has(scanSequence) && (opponent?.answers?.has(scanSequence) ?? true),
    );
    const own = samples.length === 0 ? undefined : figuresOf(samples, { ...candidate, answers }, classes);
    const looks = await looksAt(this.#parts.registry, set.hash);
    const verdict = reachVerdict(samples, own, opponent, { classes, looks, policy });
    const frozen = champion && verdict.promote ? await this.#parts.registry.frozen(alias) : undefined;
    const stays = frozen ? frozenReason(alias, frozen) : '';
    const standIn = set.split === 'gate' ? '' : '; on the validation split, for no labelled image is in the gate split';
    const decision = {
      promote: verdict.promote && !frozen,
      alias,
      opponent: champion?.card.version ?? null,
      reason: `${stays}${verdict.reason}${standIn}`,
      // The validation split has chosen the candidate already: its verdict is not the last word.
      keepsWeights: keepDeclined || verdict.promote || verdict.undecided || set.split === 'validation',
    };
    if (!own) return { decision };
    const { difference, interval, pValue, outcomes } = verdict;
    const comparison = outcomes && {
      version: champion!.card.version,
      difference: difference!,
      interval: interval!,
      pValue: pValue!,
    };
    const gate = {
      split: set.split,
      samples: samples.length,
      classCounts: classCounts(samples, classes),
      sampleSetHash: set.hash,
      looks: comparison ? looks + 1 : looks,
      loss: own.loss,
      accuracy: own.accuracy,
      calibrationError: own.calibrationError,
      reason: decision.reason,
      ...(frozen && { frozen: true }),
      ...(comparison && { comparison }),
    };
    return { decision, gate, ...(outcomes && { outcomes }) };
  }

  #set(): GateSet {
    const { index } = this.#parts;
    const { classes, maxSamples } = this.#options;
    const labelled = index.labelled('SPLIT_GATE');
    const split = labelled.length > 0 ? 'gate' : 'validation';
    const samples = heldOutSamples(
      split === 'gate' ? labelled : index.labelled('SPLIT_VALIDATION'),
      'gate',
      maxSamples,
    );
    return { split, samples, hash: sampleSetHash(samples, classes) };
  }

  /** The candidate's answers, and the champion's where it can give any: it is loaded for that, or remembered. */
  async #ask(
    candidate: GateModel,
    standing: Champion | undefined,
    set: GateSet,
    epoch: number,
    signal: AbortSignal,
  ): Promise<{ answers: Answers; opponent: Opponent | undefined }> {
    const { classes, transformHash, batchSize } = this.#options;
    const split = set.split === 'gate' ? 'SPLIT_GATE' : 'SPLIT_VALIDATION';
    const questions = { samples: set.samples, split, epoch, batchSize } as const;
    const alone = async (opponent?: Opponent): Promise<{ answers: Answers; opponent: Opponent | undefined }> => {
      const [answers] = await askModels(this.#parts, [candidate], questions, signal);
      return { answers: answers!, opponent };
    };

    if (!standing) return alone();
    const { card, unproven } = standing;
    const { version } = card;
    const unusable = incomparable(classes, card.classes);
    if (unusable !== undefined) return alone({ name: version, unusable });
    const temperature = card.calibration?.temperature ?? 1;
    const about = { name: version, classes: card.classes, temperature, unproven };
    const known = this.#remembered;
    if (known?.version === version && known.hash === set.hash) return alone({ ...about, answers: known.answers });
    const champion = await loadChampion(card, this.#parts, transformHash);
    if (!champion.model) return alone({ name: version, unusable: champion.unusable });
    try {
      const [answers, its] = await askModels(this.#parts, [candidate, champion.model], questions, signal);
      this.#remembered = { version, hash: set.hash, answers: its! };
      return { answers: answers!, opponent: { ...about, answers: its! } };
    } finally {
      await champion.close();
    }
  }
}

/** Comparisons that are on record as made on a set, whichever run made them. */
async function looksAt(registry: Registry, setHash: string): Promise<number> {
  const looks = (await registry.list()).flatMap(({ metrics: { gate } }) =>
    gate?.sampleSetHash === setHash ? [gate.looks] : [],
  );
  return Math.max(0, ...looks);
}
