import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRandom } from '#libs/random';
import {
  aggregate,
  AGGREGATIONS,
  type Aggregation,
  type Distribution,
} from '../../../../services/predictor/studies/aggregate.js';
import { abstentionsOf, assess } from '../../../../services/predictor/studies/assess.js';
import { resolveNormalClasses } from '../../../../services/predictor/studies/normal-classes.js';
import {
  requestedOptions,
  resolveOptions,
  type AbstentionLimits,
  type ResolvedOptions,
} from '../../../../services/predictor/studies/options.js';
import {
  disagreement,
  mutualInformation,
  relativeEntropy,
  standardDeviation,
} from '../../../../services/predictor/studies/uncertainty.js';
import { readConfig } from '#services/predictor';

const CLASSES = ['glioma', 'meningioma', 'notumor'];
const NORMAL = [2];
const NO_LIMITS: AbstentionLimits = {
  minSlices: 1,
  maxEntropy: 1,
  minProbability: 0,
  maxDisagreement: 1,
  maxFailedFraction: 1,
};

const options = (aggregation: Aggregation, changes: Partial<ResolvedOptions> = {}): ResolvedOptions => ({
  aggregation,
  topK: 2,
  threshold: 0.5,
  limits: NO_LIMITS,
  views: 1,
  priority: 2,
  normal: resolveNormalClasses(CLASSES, [], undefined),
  ...changes,
});

const near = (actual: readonly number[], expected: readonly number[], tolerance = 1e-12): void => {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, index) =>
    assert.ok(
      Math.abs(value - expected[index]!) <= tolerance,
      `[${actual.join(', ')}] is not [${expected.join(', ')}]`,
    ),
  );
};

/** A tumour on one slice of four. */
const SLICES: Distribution[] = [
  [0.1, 0, 0.9],
  [0.6, 0.2, 0.2],
  [0, 0.1, 0.9],
  [0.1, 0.1, 0.8],
];

const randomSlices = (seed: number, count: number, classes = 3): Distribution[] => {
  const random = createRandom(seed, 'slices');
  return Array.from({ length: count }, () => {
    const weights = Array.from({ length: classes }, () => random.uniform(0, 1) ** 3);
    const sum = weights.reduce((total, value) => total + value, 0);
    return weights.map((value) => value / sum);
  });
};

describe('aggregate, by hand', () => {
  it('mean: (0.8, 0.4, 2.8) / 4', () =>
    near(aggregate(SLICES, { aggregation: 'mean', topK: 2, normal: NORMAL }).probabilities, [0.2, 0.1, 0.7]));

  it('top-2 mean: slices 1 and 3, whose findings are 0.8 and 0.2', () => {
    const { probabilities, used } = aggregate(SLICES, { aggregation: 'top-k-mean', topK: 2, normal: NORMAL });
    assert.deepEqual(used, [1, 3]);
    near(probabilities, [0.35, 0.15, 0.5]);
  });

  it('top-k mean of fewer than k slices is the mean of all', () => {
    near(aggregate(SLICES, { aggregation: 'top-k-mean', topK: 10, normal: NORMAL }).probabilities, [0.2, 0.1, 0.7]);
  });

  it('noisy-or: P(any) = 1 - 0.9·0.2·0.9·0.8, shared out by the evidence of each slice', () => {
    const any = 1 - 0.9 * 0.2 * 0.9 * 0.8;
    const evidence = [0.9, 0.2, 0.9, 0.8].map((none) => -Math.log(none)) as [number, number, number, number];
    const glioma = evidence[0] + evidence[1] * (0.6 / 0.8) + evidence[3] * 0.5;
    const meningioma = evidence[1] * (0.2 / 0.8) + evidence[2] + evidence[3] * 0.5;
    near(aggregate(SLICES, { aggregation: 'noisy-or', topK: 2, normal: NORMAL }).probabilities, [
      (any * glioma) / (glioma + meningioma),
      (any * meningioma) / (glioma + meningioma),
      1 - any,
    ]);
  });

  it('noisy-or of many slices still tells findings apart: 20 slices of (0.6, 0.3, 0.1) are glioma two to one', () => {
    const { probabilities } = aggregate(
      Array.from({ length: 20 }, () => [0.6, 0.3, 0.1]),
      { aggregation: 'noisy-or', topK: 1, normal: NORMAL },
    );
    near(probabilities, [2 / 3, 1 / 3, 0]);
  });

  it('noisy-or with certain slices: one certain finding decides, certainty of none leaves none', () => {
    near(
      aggregate(
        [
          [0, 0, 1],
          [0, 1, 0],
        ],
        { aggregation: 'noisy-or', topK: 1, normal: NORMAL },
      ).probabilities,
      [0, 1, 0],
      1e-11,
    );
    near(
      aggregate(
        [
          [0, 0, 1],
          [0, 0, 1],
        ],
        { aggregation: 'noisy-or', topK: 1, normal: NORMAL },
      ).probabilities,
      [0, 0, 1],
    );
  });
});

describe('aggregate, for any slices', () => {
  for (const aggregation of AGGREGATIONS) {
    it(`${aggregation}: sums to 1, and the order of the slices changes nothing, to the last bit`, () => {
      for (let seed = 0; seed < 50; seed++) {
        const random = createRandom(seed, 'order');
        const slices = randomSlices(seed, random.integer(1, 40), random.integer(2, 6));
        const rule = { aggregation, topK: random.integer(1, 6), normal: [0] };
        const { probabilities, used } = aggregate(slices, rule);
        near([probabilities.reduce((sum, value) => sum + value, 0)], [1], 1e-9);
        const order = slices.map((_, index) => index).sort(() => random.uniform(-1, 1));
        const permuted = aggregate(
          order.map((index) => slices[index]!),
          rule,
        );
        assert.deepEqual(permuted.probabilities, probabilities);
        assert.deepEqual(
          new Set(permuted.used.map((place) => slices[order[place]!])),
          new Set(used.map((place) => slices[place])),
        );
      }
    });
  }

  it('a lone slice is its own study', () => {
    for (const aggregation of AGGREGATIONS)
      near(aggregate([[0.3, 0.5, 0.2]], { aggregation, topK: 3, normal: NORMAL }).probabilities, [0.3, 0.5, 0.2], 1e-9);
  });

  it('one more slice never lowers the noisy-or of any finding', () => {
    for (let seed = 0; seed < 50; seed++) {
      const slices = randomSlices(seed, 12);
      const any = slices.map(
        (_, index) =>
          1 -
          aggregate(slices.slice(0, index + 1), { aggregation: 'noisy-or', topK: 1, normal: NORMAL }).probabilities[2]!,
      );
      any.slice(1).forEach((value, index) => assert.ok(value >= any[index]! - 1e-12));
    }
  });
});

describe('uncertainty, by hand', () => {
  it('entropy as a fraction of the highest possible', () => {
    near(
      [relativeEntropy([0.5, 0.5]), relativeEntropy([1, 0]), relativeEntropy([0.5, 0.25, 0.25])],
      [1, 0, (1.5 * Math.log(2)) / Math.log(3)],
    );
  });

  it('disagreement counts only slices that show a finding: 2 gliomas, 1 meningioma, 2 without', () => {
    const slices = [
      [0.7, 0.1, 0.2],
      [0.5, 0.2, 0.3],
      [0.1, 0.8, 0.1],
      [0.1, 0.1, 0.8],
      [0, 0.3, 0.7],
    ];
    near([disagreement(slices, NORMAL, 0.5)], [1 / 3]);
    assert.equal(disagreement(slices, [], 0.5), 0);
  });

  it('mutual information is ln 2 between two certain views that contradict each other, 0 between equal ones', () => {
    near(
      [
        mutualInformation([
          [1, 0],
          [0, 1],
        ]),
        mutualInformation([
          [0.4, 0.6],
          [0.4, 0.6],
        ]),
      ],
      [Math.log(2), 0],
    );
  });

  it('standard deviation of 1, 2, 3, 4 is √1.25', () => near([standardDeviation([1, 2, 3, 4])], [Math.sqrt(1.25)]));
});

describe('assess', () => {
  it('decides by the threshold: at it, it is a finding', () => {
    const study = (threshold: number): string =>
      assess(
        SLICES.map((slice) => [slice]),
        0,
        options('top-k-mean', { threshold }),
      ).decision;
    assert.deepEqual([0.49, 0.5, 0.51].map(study), ['finding', 'finding', 'no-finding']);
  });

  it('without a normal class there are probabilities and nothing to decide', () => {
    const { anyFinding, decision, probabilities } = assess(
      [[[0.2, 0.5, 0.3]]],
      0,
      options('mean', { normal: resolveNormalClasses(['axial', 'coronal', 'sagittal'], [], undefined) }),
    );
    assert.equal(anyFinding, undefined);
    assert.equal(decision, 'undecided');
    near(probabilities, [0.2, 0.5, 0.3]);
  });

  it('with views: slices are means over theirs, deviations are those of the studies that each view makes', () => {
    const { probabilities, slices, anyFinding, uncertainty } = assess(
      [
        [
          [0.6, 0, 0.4],
          [0.2, 0, 0.8],
        ],
        [
          [0.2, 0, 0.8],
          [0.2, 0.2, 0.6],
        ],
      ],
      0,
      options('mean', { views: 2 }),
    );
    near(slices[0]!, [0.4, 0, 0.6]);
    near(slices[1]!, [0.2, 0.1, 0.7]);
    near(probabilities, [0.3, 0.05, 0.65]);
    // The studies of the two views are (0.4, 0, 0.6) and (0.2, 0.1, 0.7).
    near(uncertainty.standardDeviations, [0.1, 0.05, 0.05]);
    near([anyFinding!.standardDeviation], [0.05]);
  });

  it('abstains for each reason alone, with figure and limit in words', () => {
    const calm = { usable: 4, failed: 0, highest: 0.9, uncertainty: { meanSliceEntropy: 0.2, disagreement: 0 } };
    const limits = { minSlices: 3, maxEntropy: 0.8, minProbability: 0.6, maxDisagreement: 0.4, maxFailedFraction: 0.5 };
    assert.deepEqual(abstentionsOf(calm, { limits }), []);
    const cases: [object, string, RegExp][] = [
      [{ usable: 2 }, 'REASON_TOO_FEW_SLICES', /2 usable slices; at least 3/],
      [{ failed: 5 }, 'REASON_TOO_MANY_FAILED_SLICES', /5 of 9 slices/],
      [{ uncertainty: { meanSliceEntropy: 0.81, disagreement: 0 } }, 'REASON_HIGH_ENTROPY', /81\.0 %.*80\.0 %/],
      [{ highest: 0.59 }, 'REASON_LOW_PROBABILITY', /59\.0 %/],
      [{ uncertainty: { meanSliceEntropy: 0.2, disagreement: 0.5 } }, 'REASON_DISAGREEMENT', /50\.0 %/],
    ];
    for (const [change, reason, text] of cases) {
      const [abstention, ...others] = abstentionsOf({ ...calm, ...change }, { limits });
      assert.equal(abstention!.reason, reason);
      assert.match(abstention!.message, text);
      assert.deepEqual(others, []);
    }
  });
});

describe('normal classes', () => {
  it('are what the request says, else what is configured, else well-known names, and the source is told', () => {
    assert.deepEqual(resolveNormalClasses(['a', 'b', 'No_Tumor'], ['a'], ['b']), {
      names: ['a'],
      indices: [0],
      source: 'request',
    });
    assert.deepEqual(resolveNormalClasses(['a', 'b', 'No_Tumor'], [], ['b', 'elsewhere']), {
      names: ['b'],
      indices: [1],
      source: 'configuration',
    });
    assert.deepEqual(resolveNormalClasses(['a', 'b', 'No_Tumor'], [], undefined), {
      names: ['No_Tumor'],
      indices: [2],
      source: 'well-known name',
    });
    assert.equal(resolveNormalClasses(['axial', 'coronal'], [], undefined).source, 'none');
  });

  it('that the model does not have, or that are all it has, are rejected', () => {
    assert.throws(() => resolveNormalClasses(CLASSES, ['no tumour'], undefined), {
      code: 'INVALID_ARGUMENT',
      message: /no class "no tumour".*glioma/,
    });
    assert.throws(() => resolveNormalClasses(CLASSES, CLASSES, undefined), { code: 'INVALID_ARGUMENT' });
  });
});

describe('options', () => {
  const config = readConfig({ SULCUS_STUDY_THRESHOLD: '0.3', SULCUS_STUDY_MIN_SLICES: '4' });
  const empty = {
    aggregation: 'STUDY_AGGREGATION_UNSPECIFIED',
    topK: 0,
    normalClasses: [],
    threshold: 0,
    minSlices: 0,
    maxEntropy: 0,
    minProbability: 0,
    maxDisagreement: 0,
    maxFailedFraction: 0,
    views: 0,
    priority: 0,
  } as const;

  it('left out are as configured, and the aggregation follows from whether a normal class is known', () => {
    const requested = requestedOptions({ ...empty, normalClasses: [] }, config);
    const { aggregation, threshold, limits, topK, priority } = resolveOptions(requested, CLASSES, config);
    assert.deepEqual([aggregation, threshold, limits.minSlices, topK, priority], ['top-k-mean', 0.3, 4, 3, 2]);
    assert.equal(resolveOptions(requested, ['axial', 'coronal'], config).aggregation, 'mean');
  });

  it('that are out of range are rejected together; findings without a normal class too', () => {
    assert.throws(
      () => requestedOptions({ ...empty, normalClasses: [], threshold: 1.5, maxEntropy: NaN, views: 9 }, config),
      (error: Error) => ['threshold', 'max_entropy', 'views'].every((name) => error.message.includes(name)),
    );
    const noisyOr = requestedOptions(
      { ...empty, normalClasses: [], aggregation: 'STUDY_AGGREGATION_NOISY_OR' },
      config,
    );
    assert.throws(() => resolveOptions(noisyOr, ['axial', 'coronal'], config), {
      code: 'INVALID_ARGUMENT',
      message: /normal_classes/,
    });
  });
});
