import { bytes, choice, duration, flag, integer, list, number, optional, type Parsed } from '#libs/config';
import { AGGREGATIONS } from './aggregate.js';
import { MAX_VIEWS } from './views.js';

const fraction = (defaultValue: number, description: string) =>
  number({ min: 0, max: 1, default: defaultValue, description });

/** Environment of study predictions; what a request leaves out is as configured here. */
export const studyEnvironment = {
  studies: [
    'SULCUS_STUDIES',
    flag({ default: false, description: 'predict studies as they complete on the stream, and publish what comes out' }),
  ],
  studyIdleMs: [
    'SULCUS_STUDY_IDLE',
    duration({ default: 60_000, description: 'a study is complete when no slice of it has come for this long' }),
  ],
  studyAggregation: [
    'SULCUS_STUDY_AGGREGATION',
    choice(['auto', ...AGGREGATIONS], {
      default: 'auto',
      description:
        'how slices make a study: auto (top-k-mean, mean without a normal class), mean, top-k-mean, noisy-or',
    }),
  ],
  studyTopK: [
    'SULCUS_STUDY_TOP_K',
    integer({ min: 1, max: 10_000, default: 3, description: 'slices of the top-k mean' }),
  ],
  normalClasses: [
    'SULCUS_NORMAL_CLASSES',
    optional(
      list({
        minLength: 1,
        description: 'classes that mean "no finding" (default: those named notumor, nofinding, normal or healthy)',
      }),
    ),
  ],
  studyThreshold: [
    'SULCUS_STUDY_THRESHOLD',
    fraction(0.5, 'probability of any finding from which the decision is a finding'),
  ],
  studyMinSlices: [
    'SULCUS_STUDY_MIN_SLICES',
    integer({ min: 1, default: 1, description: 'abstain with fewer usable slices' }),
  ],
  studyMaxEntropy: [
    'SULCUS_STUDY_MAX_ENTROPY',
    fraction(0.95, 'abstain when the mean entropy of the slices is above, as a fraction of the highest possible'),
  ],
  studyMinProbability: ['SULCUS_STUDY_MIN_PROBABILITY', fraction(0, 'abstain when the most probable class is below')],
  studyMaxDisagreement: [
    'SULCUS_STUDY_MAX_DISAGREEMENT',
    fraction(1, 'abstain when slices with a finding disagree on which by more'),
  ],
  studyMaxFailedFraction: [
    'SULCUS_STUDY_MAX_FAILED',
    fraction(0.5, 'abstain when a larger share of the slices cannot be used'),
  ],
  studyViews: [
    'SULCUS_STUDY_VIEWS',
    integer({
      min: 1,
      max: MAX_VIEWS,
      default: 1,
      description: 'views of each slice for test-time augmentation: so many times the work',
    }),
  ],
  maxStudySlices: [
    'SULCUS_STUDY_MAX_SLICES',
    integer({ min: 1, max: 100_000, default: 1024, description: 'slices of a study, at most' }),
  ],
  maxStudyBytes: [
    'SULCUS_STUDY_MAX_BYTES',
    bytes({ default: 256 * 2 ** 20, description: 'encoded bytes of a study that is sent, at most' }),
  ],
  studiesAtOnce: [
    'SULCUS_STUDIES_AT_ONCE',
    integer({ min: 1, max: 1000, default: 2, description: 'studies asked about at the same time; others wait' }),
  ],
} as const;

export type StudyConfig = Parsed<typeof studyEnvironment>;
