import { createRandom, type Random } from '#libs/random';
import type { RasterImage } from '../image.js';
import { acquire, drawAcquisition, type Acquisition } from './acquisition.js';
import { drawAnatomy, type Anatomy, type View } from './anatomy.js';
import { drawLesion, type Lesion } from './lesions.js';
import { paintHead } from './paint.js';
import { drawSequence, drawSignals, type TissueSignals } from './tissues.js';

/** The classes of the public brain-tumour data set, in alphabetical order. */
export const PHANTOM_CLASSES = ['glioma', 'meningioma', 'notumor', 'pituitary'] as const;
export type PhantomClass = (typeof PHANTOM_CLASSES)[number];

export interface PhantomOptions {
  class: PhantomClass;
  /** With class, patient and slice it determines every pixel. */
  seed: number;
  /** Width and height, pixels. */
  size: number;
  /** Number of the patient within the class, from 0: head, lesion, scanner and contrast. Default 0. */
  patient?: number;
  /** Number of the slice of that patient, from 0: its place, small movements and noise. Default 0. */
  slice?: number;
}

/** The plane that all slices of a patient are in. */
export function phantomPlane({
  class: label,
  seed,
  patient = 0,
}: Pick<PhantomOptions, 'class' | 'seed' | 'patient'>): 'axial' | 'coronal' | 'sagittal' {
  // It is the first that is drawn of a patient.
  const view = drawView(label, createRandom(seed, 'phantom', label, patient));
  return view === 'coronal' || view === 'sagittal' ? view : 'axial';
}

/** All that slices of a patient have in common. */
interface Patient {
  anatomy: Anatomy;
  lesion: Lesion | undefined;
  signals: TissueSignals;
  acquisition: Acquisition;
}

/**
 * Draws one slice of a brain MR phantom: parametrised ellipses with cortex texture, a lesion of the class, bias field,
 * Rician noise and varied contrast, pose and proportions. It looks like the real thing only as far as a classifier
 * needs to be taught and a pipeline to be tested.
 *
 * Output shape: [size, size, 1], uint8, 0-255.
 */
export function renderPhantom(options: PhantomOptions): RasterImage {
  const { class: label, seed, size, patient: patientNumber = 0, slice = 0 } = options;
  const patient = drawPatient(label, createRandom(seed, 'phantom', label, patientNumber));
  const random = createRandom(seed, 'phantom', label, patientNumber, 'slice', slice);
  const moved = moveSlice(patient, random);
  const signal = paintPicture(moved, size);
  return { width: size, height: size, channels: 1, data: acquire(signal, size, moved.acquisition, random) };
}

function drawPatient(label: PhantomClass, random: Random): Patient {
  const anatomy = drawAnatomy(drawView(label, random), random);
  const lesion = label === 'notumor' ? undefined : drawLesion(label, anatomy, random);
  return { anatomy, lesion, signals: drawSignals(drawSequence(random), random), acquisition: drawAcquisition(random) };
}

/**
 * Pituitary masses lie where only low slices cut; other classes come in every view, so that the view alone is a weak
 * cue.
 */
function drawView(label: PhantomClass, random: Random): View {
  const plane = random.uniform();
  if (plane < 0.3) return 'coronal';
  if (plane < 0.6) return 'sagittal';
  if (label === 'pituitary' || plane < 0.75) return 'axialLow';
  return plane < 0.9 ? 'axialMiddle' : 'axialHigh';
}

/**
 * Another slice of the same patient: the lesion is cut elsewhere, the head is a little smaller, nothing lies quite
 * still.
 */
function moveSlice({ anatomy, lesion, signals, acquisition }: Patient, random: Random): Patient {
  const cut = random.uniform(0.8, 1);
  const shrink = random.uniform(0.93, 1);
  return {
    anatomy: {
      ...anatomy,
      head: { ...anatomy.head, radiusX: anatomy.head.radiusX * shrink, radiusY: anatomy.head.radiusY * shrink },
      ventricles: anatomy.ventricles.map((part) => ({ ...part, radiusX: part.radiusX * random.uniform(0.8, 1.2) })),
    },
    lesion: lesion && cutLesion(lesion, cut),
    signals,
    acquisition: {
      ...acquisition,
      turnRadians: acquisition.turnRadians + 0.03 * random.normal(),
      shiftX: acquisition.shiftX + 0.015 * random.normal(),
      shiftY: acquisition.shiftY + 0.015 * random.normal(),
    },
  };
}

function cutLesion(lesion: Lesion, share: number): Lesion {
  switch (lesion.kind) {
    case 'glioma':
      return { ...lesion, radius: lesion.radius * share };
    case 'meningioma':
      return {
        ...lesion,
        body: { ...lesion.body, radiusX: lesion.body.radiusX * share, radiusY: lesion.body.radiusY * share },
      };
    case 'pituitary':
      return {
        ...lesion,
        lobes: lesion.lobes.map((lobe) => ({ ...lobe, radiusX: lobe.radiusX * share, radiusY: lobe.radiusY * share })),
      };
  }
}

function paintPicture({ anatomy, lesion, signals, acquisition }: Patient, size: number): Float32Array {
  const { turnRadians, zoom, shiftX, shiftY, aspect } = acquisition;
  const [cos, sin] = [Math.cos(turnRadians), Math.sin(turnRadians)];
  const signalAt = paintHead(anatomy, lesion, signals, 3 / size);
  const signal = new Float32Array(size * size);
  for (let row = 0, i = 0; row < size; row++) {
    const v = (((row + 0.5) / size) * 2 - 1 - shiftY) * zoom * aspect;
    for (let column = 0; column < size; column++, i++) {
      const u = (((column + 0.5) / size) * 2 - 1 - shiftX) * (zoom / aspect);
      signal[i] = signalAt(u * cos + v * sin, v * cos - u * sin);
    }
  }
  return signal;
}
