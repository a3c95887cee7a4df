import type { Random } from '#libs/random';

/** Kinds of MR weighting that the phantoms imitate; T1c is T1 after contrast agent. */
export type Sequence = 't1' | 't1c' | 't2' | 'flair';

const TISSUES = [
  'scalp',
  'skull',
  'csf',
  'grey',
  'white',
  'nuclei',
  'muscle',
  'glioma',
  'rim',
  'necrosis',
  'oedema',
  'meningioma',
  'pituitary',
  'gland',
] as const;
export type Tissue = (typeof TISSUES)[number];

/** Signal of each tissue, 0 (black) to 1 (white). */
export type TissueSignals = Readonly<Record<Tissue, number>>;

const SIGNALS: Readonly<Record<Sequence, readonly number[]>> = {
  //     scalp skull  csf  grey white nuclei muscle glioma rim  necr  oedema mening pituit gland
  t1: [0.85, 0.08, 0.14, 0.48, 0.64, 0.55, 0.38, 0.32, 0.36, 0.2, 0.4, 0.42, 0.42, 0.6],
  t1c: [0.8, 0.08, 0.14, 0.44, 0.56, 0.5, 0.38, 0.4, 0.95, 0.16, 0.36, 0.92, 0.86, 0.75],
  t2: [0.6, 0.06, 0.93, 0.6, 0.44, 0.5, 0.26, 0.78, 0.7, 0.92, 0.86, 0.7, 0.72, 0.5],
  flair: [0.5, 0.06, 0.12, 0.56, 0.46, 0.52, 0.26, 0.8, 0.78, 0.3, 0.86, 0.76, 0.74, 0.5],
};

/** Share of each weighting; more T1c than others, as in clinical tumour imaging. */
export function drawSequence(random: Random): Sequence {
  const draw = random.uniform();
  return draw < 0.08 ? 't1' : draw < 0.76 ? 't1c' : draw < 0.88 ? 't2' : 'flair';
}

/** Signals of one patient: the table, with every tissue a little off. */
export function drawSignals(sequence: Sequence, random: Random): TissueSignals {
  return Object.fromEntries(
    TISSUES.map((tissue, index) => [tissue, SIGNALS[sequence][index]! * (1 + 0.06 * random.normal())]),
  ) as TissueSignals;
}
