import { PHANTOM_CLASSES, renderPhantom, type RasterImage } from '#libs/imaging';
import { createRandom } from '#libs/random';

/** Height and width of the pictures, pixels. */
export const SIZE_PX = 32;

/** A phantom with what it shows. */
export interface Picture {
  readonly id: string;
  /** Number of the patient within the class. */
  readonly patient: number;
  readonly classIndex: number;
  readonly image: RasterImage;
}

/** Patients of the test set, of the gate and of training are numbered from here on: none is in two of them. */
const FIRST_PATIENT = { train: 0, gate: 50_000, test: 100_000 } as const;

const SLICES_PER_PATIENT = 2;

/** The phantoms of all scenarios: the test set is the same for every seed. */
const PHANTOM_SEED = 12;

const rendered = new Map<string, Picture>();

function picture(classIndex: number, patient: number, slice: number): Picture {
  const label = PHANTOM_CLASSES[classIndex]!;
  const id = `${label}-${patient}-${slice}`;
  const known = rendered.get(id);
  if (known) return known;
  const image = renderPhantom({ class: label, seed: PHANTOM_SEED, size: SIZE_PX, patient, slice });
  const made = { id, patient, classIndex, image };
  rendered.set(id, made);
  return made;
}

/** So many pictures, as many of each class, two slices of each patient, in an order that the seed decides. */
export function pictures(use: 'train' | 'gate', count: number, seed: number): Picture[] {
  const perClass = Math.ceil(count / PHANTOM_CLASSES.length);
  // Every seed has patients of its own.
  const first = FIRST_PATIENT[use] + seed * 10_000;
  const all = Array.from({ length: perClass }, (_, index) =>
    PHANTOM_CLASSES.map((_name, classIndex) =>
      picture(classIndex, first + Math.floor(index / SLICES_PER_PATIENT), index % SLICES_PER_PATIENT),
    ),
  ).flat();
  return createRandom(seed, 'order of pictures', use).shuffle(all).slice(0, count);
}

/** The test set: one slice of each patient, so that its pictures are independent of each other. */
export const testPictures = (count: number): Picture[] =>
  Array.from({ length: count }, (_, index) =>
    picture(index % PHANTOM_CLASSES.length, FIRST_PATIENT.test + Math.floor(index / PHANTOM_CLASSES.length), 0),
  );

/** The same picture with dark and light exchanged. */
export const inverted = ({ id, image, ...about }: Picture): Picture => ({
  ...about,
  id: `${id}-inverted`,
  image: { ...image, data: image.data.map((level) => 255 - level) },
});
