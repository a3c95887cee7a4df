import type { Random } from '#libs/random';
import { fractalNoise, noiseField, type NoiseField } from './noise.js';
import { ellipse, irregularOutline, type Ellipse, type Outline } from './shapes.js';

/** Plane of the slice. Axial slices come at three heights: only low ones cut the skull base. */
export type View = 'axialLow' | 'axialMiddle' | 'axialHigh' | 'coronal' | 'sagittal';

/** A head without a lesion, in head coordinates (see {@link Ellipse}). */
export interface Anatomy {
  readonly view: View;
  /** Skin. */
  readonly head: Ellipse;
  readonly headOutline: Outline;
  /** Thickness relative to the head's radius. */
  readonly scalp: number;
  readonly skull: number;
  readonly subarachnoid: number;
  /** Where the brain ends below, in coronal and sagittal slices: base of the skull; 2 means nowhere. */
  readonly baseY: number;
  readonly ventricles: readonly Ellipse[];
  readonly nuclei: readonly Ellipse[];
  /** Cerebellum, brainstem. */
  readonly hindbrain: readonly Ellipse[];
  /** Cisterns, sinuses filled with liquid. */
  readonly cisterns: readonly Ellipse[];
  /** Air: sinuses, throat. */
  readonly air: readonly Ellipse[];
  readonly eyes: readonly Ellipse[];
  /** The normal pituitary gland, where the slice cuts it. */
  readonly gland: Ellipse | undefined;
  /** The gap between the hemispheres. */
  readonly fissure: boolean;
  readonly folds: NoiseField;
  readonly cortex: NoiseField;
  readonly bend: readonly [NoiseField, NoiseField];
}

/** Where a pituitary gland lies in each view that shows it. */
export const SELLA: Readonly<Partial<Record<View, readonly [x: number, y: number]>>> = {
  axialLow: [0, -0.14],
  coronal: [0, 0.3],
  sagittal: [-0.14, 0.3],
};

/** Draws a patient's head in one view. */
export function drawAnatomy(view: View, random: Random): Anatomy {
  const vary = (value: number, share = 0.08): number => value * (1 + share * random.normal());
  const axial = view !== 'coronal' && view !== 'sagittal';
  const head = ellipse(0, 0, vary(view === 'sagittal' ? 0.88 : 0.72, 0.04), vary(axial ? 0.88 : 0.82, 0.04));
  return {
    view,
    head,
    headOutline: irregularOutline(random, 0.025),
    scalp: vary(0.06, 0.25),
    skull: vary(0.055, 0.2),
    subarachnoid: vary(0.025, 0.4),
    baseY: axial ? 2 : vary(view === 'coronal' ? 0.34 : 0.3, 0.08),
    fissure: view !== 'sagittal',
    ...structures(view, random, vary),
    folds: fractalNoise(random, 5, 2),
    cortex: fractalNoise(random, 7, 3),
    bend: [noiseField(random, 1.6), noiseField(random, 1.6)],
  };
}

type Structures = Pick<Anatomy, 'ventricles' | 'nuclei' | 'hindbrain' | 'cisterns' | 'air' | 'eyes' | 'gland'>;

function structures(view: View, random: Random, vary: (value: number, share?: number) => number): Structures {
  const none: Structures = {
    ventricles: [],
    nuclei: [],
    hindbrain: [],
    cisterns: [],
    air: [],
    eyes: [],
    gland: undefined,
  };
  const wide = Math.exp(0.3 * random.normal());
  const pair = (x: number, y: number, radiusX: number, radiusY: number, angle = 0): Ellipse[] =>
    [-1, 1].map((side) => ellipse(side * vary(x), vary(y), vary(radiusX), vary(radiusY), side * angle));
  const sella = SELLA[view];
  const gland = sella && ellipse(sella[0] + 0.01 * random.normal(), sella[1], vary(0.04, 0.15), vary(0.028, 0.15));
  switch (view) {
    case 'axialHigh':
      return none;
    case 'axialMiddle':
      return {
        ...none,
        ventricles: [
          ...pair(0.09, -0.18, 0.045 * wide, 0.16, -0.25),
          ...pair(0.15, 0.2, 0.045 * wide, 0.17, 0.4),
          ellipse(0, 0.02, 0.016 * wide, 0.09),
        ],
        nuclei: [...pair(0.16, 0.03, 0.075, 0.11, -0.3), ...pair(0.27, -0.08, 0.05, 0.14, 0.2)],
      };
    case 'axialLow':
      return {
        ...none,
        hindbrain: [ellipse(0, vary(0.12), vary(0.13), vary(0.12)), ...pair(0.19, 0.46, 0.22, 0.2)],
        cisterns: [ellipse(0, -0.12, vary(0.13), vary(0.09)), ellipse(0, vary(0.27), 0.035 * wide, 0.03 * wide)],
        eyes: random.chance(0.5) ? pair(0.3, -0.72, 0.12, 0.12) : [],
        air: [ellipse(0, vary(-0.7), 0.1, vary(0.09))],
        gland,
      };
    case 'coronal':
      return {
        ...none,
        ventricles: [...pair(0.1, -0.14, 0.09 * wide, 0.04 * wide, 0.5), ellipse(0, 0.03, 0.016 * wide, 0.09)],
        nuclei: [...pair(0.13, 0.02, 0.07, 0.09), ...pair(0.25, 0.0, 0.06, 0.12, 0.2)],
        hindbrain: [ellipse(0, vary(0.52), vary(0.09), vary(0.22))],
        cisterns: [ellipse(0, 0.24, vary(0.16), vary(0.05))],
        air: [...pair(0.3, 0.66, 0.09, 0.1), ellipse(0, 0.44, vary(0.07), 0.05)],
        gland,
      };
    case 'sagittal':
      return {
        ...none,
        ventricles: [ellipse(vary(-0.05, 0.3), -0.1, vary(0.26), 0.035 * wide, -0.1)],
        nuclei: [ellipse(-0.02, 0.02, vary(0.15), vary(0.08))],
        hindbrain: [
          ellipse(vary(0.13), vary(0.4), vary(0.09), vary(0.22), -0.25),
          ellipse(vary(0.42), vary(0.37), vary(0.22), vary(0.17)),
        ],
        cisterns: [ellipse(-0.08, 0.24, vary(0.12), vary(0.05)), ellipse(0.24, vary(0.36), 0.025 * wide, 0.05)],
        air: [
          ellipse(vary(-0.42), vary(0.44), vary(0.16), vary(0.07)),
          ellipse(-0.14, 0.42, 0.07, 0.05),
          ellipse(-0.12, 0.72, 0.05, 0.15),
        ],
        gland,
      };
  }
}
