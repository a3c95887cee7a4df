import { PHANTOM_CLASSES } from '#libs/imaging';
import { createRandom } from '#libs/random';
import { inverted, pictures, testPictures, type Picture } from './pictures.js';

/** A labelled picture as it comes. */
export interface Arrival {
  readonly picture: Picture;
  readonly split: 'SPLIT_TRAIN' | 'SPLIT_GATE';
  readonly site: string;
  /** The class it comes with: with noisy labels not always the true one. */
  readonly classIndex: number;
  /** Whether it is of the kind that comes late. */
  readonly isNew: boolean;
}

/** A stream with what is asked of whoever learned from it. */
export interface Scenario {
  /** In the order in which they come. */
  readonly arrivals: readonly Arrival[];
  /** Test sets: pictures like those of the beginning, and like those that came late, where any did. */
  readonly tests: { readonly old: readonly Picture[]; readonly new?: readonly Picture[] };
}

export const SCENARIOS = ['stationary', 'late-class', 'drift', 'site-drop', 'label-noise'] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

export interface ScenarioSize {
  /** Training pictures of the stream. */
  readonly arrivals: number;
  /** Pictures of the test set. */
  readonly tests: number;
}

/** From this share of the stream on it is another. */
const CHANGE = 2 / 3;

/** One gate picture for so many training pictures, as the split's default shares have it (70 to 12). */
const TRAINING_PER_GATE = 6;

const SITES = ['north', 'east', 'south', 'west'];
/** The site that changes, where one does. */
export const CHANGED_SITE = 'east';
const WRONG_LABELS = 0.1;
/** The class of which no picture comes before the change. */
const LATE_CLASS = PHANTOM_CLASSES.indexOf('meningioma');

const isLate = ({ classIndex }: Pick<Picture, 'classIndex'>): boolean => classIndex === LATE_CLASS;

/** A site's detector learns from the site's samples alone: its stream is longer by this factor. */
const LONGER_FOR_SITES = 1.8;

/** A scenario as a function of its seed. */
export function scenarioOf(name: ScenarioName, { arrivals: usual, tests }: ScenarioSize, seed: number): Scenario {
  const arrivals = name === 'site-drop' ? Math.round(usual * LONGER_FOR_SITES) : usual;
  const train = pictures('train', arrivals, seed);
  const gate = pictures('gate', Math.floor(arrivals / TRAINING_PER_GATE), seed);
  const test = testPictures(tests);
  const both = { old: test, new: test.map(inverted) };
  switch (name) {
    case 'stationary':
      return { arrivals: interleaved(train, gate), tests: { old: test } };
    case 'label-noise':
      return { arrivals: mislabelled(interleaved(train, gate), seed), tests: { old: test } };
    case 'late-class':
      return {
        arrivals: interleaved(postponed(train), postponed(gate)).map((arrival) => ({
          ...arrival,
          isNew: isLate(arrival.picture),
        })),
        tests: { old: test.filter((picture) => !isLate(picture)), new: test.filter(isLate) },
      };
    case 'drift':
      return { arrivals: withContrastChanged(interleaved(train, gate), SITES), tests: both };
    case 'site-drop':
      return { arrivals: withContrastChanged(interleaved(train, gate), [CHANGED_SITE]), tests: both };
  }
}

/** Training and gate pictures evenly mixed; a patient's slices come from one site. */
function interleaved(train: readonly Picture[], gate: readonly Picture[]): Arrival[] {
  const arrival = (picture: Picture, split: Arrival['split']): Arrival => ({
    picture,
    split,
    site: SITES[picture.patient % SITES.length]!,
    classIndex: picture.classIndex,
    isNew: false,
  });
  return train.flatMap((picture, index) => {
    const own = arrival(picture, 'SPLIT_TRAIN');
    const judged = (index + 1) % TRAINING_PER_GATE === 0 ? gate[Math.floor(index / TRAINING_PER_GATE)] : undefined;
    return judged ? [own, arrival(judged, 'SPLIT_GATE')] : [own];
  });
}

/** Pictures of the late class behind the change, the others in their order. */
function postponed(all: readonly Picture[]): Picture[] {
  const early = new Set(all.filter((picture) => !isLate(picture)).slice(0, Math.round(all.length * CHANGE)));
  return [...early, ...all.filter((picture) => !early.has(picture))];
}

function withContrastChanged(arrivals: readonly Arrival[], sites: readonly string[]): Arrival[] {
  return arrivals.map((arrival, index) => {
    const isNew = index >= arrivals.length * CHANGE && sites.includes(arrival.site);
    return isNew ? { ...arrival, picture: inverted(arrival.picture), isNew } : arrival;
  });
}

/** A share of the training labels name another class, each as likely. */
function mislabelled(arrivals: readonly Arrival[], seed: number): Arrival[] {
  const random = createRandom(seed, 'wrong labels');
  return arrivals.map((arrival) => {
    if (arrival.split !== 'SPLIT_TRAIN' || !random.chance(WRONG_LABELS)) return arrival;
    const others = PHANTOM_CLASSES.length;
    return { ...arrival, classIndex: (arrival.classIndex + random.integer(1, others - 1)) % others };
  });
}
