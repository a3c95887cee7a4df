import type { Random } from '#libs/random';
import { SELLA, type Anatomy } from './anatomy.js';
import { fractalNoise, type NoiseField } from './noise.js';
import { ellipse, irregularOutline, type Ellipse, type Outline } from './shapes.js';

/** Infiltrating mass inside the brain: irregular, uneven, often with a bright rim, a dead core and oedema around it. */
export interface Glioma {
  kind: 'glioma';
  x: number;
  y: number;
  radius: number;
  outline: Outline;
  /** Oedema reaches to this multiple of the radius, in white matter only. */
  oedemaReach: number;
  oedemaOutline: Outline;
  highGrade: boolean;
  texture: NoiseField;
  contrast: number;
}

/** Smooth even mass on the surface of the brain, with tails along the dura. */
export interface Meningioma {
  kind: 'meningioma';
  body: Ellipse;
  /** Direction from the middle of the head, radians. */
  direction: number;
  /** Half the angle over which the tails run, radians. */
  tail: number;
  texture: NoiseField;
  contrast: number;
}

/** Small rounded mass on the midline at the base of the skull, sometimes with a second bulge above. */
export interface PituitaryAdenoma {
  kind: 'pituitary';
  lobes: readonly Ellipse[];
  texture: NoiseField;
  contrast: number;
}

export type Lesion = Glioma | Meningioma | PituitaryAdenoma;

/** Draws the lesion of a patient; the classes overlap in size, brightness and texture. */
export function drawLesion(kind: Lesion['kind'], anatomy: Anatomy, random: Random): Lesion {
  const texture = fractalNoise(random, 9, 2);
  const contrast = random.uniform(0.85, 1);
  switch (kind) {
    case 'glioma':
      return {
        kind,
        ...gliomaPlace(anatomy, random),
        radius: random.uniform(0.14, 0.3),
        outline: irregularOutline(random, 0.32),
        oedemaReach: random.uniform(1.3, 2.3),
        oedemaOutline: irregularOutline(random, 0.45),
        highGrade: random.chance(0.7),
        texture,
        contrast,
      };
    case 'meningioma':
      return { kind, ...meningiomaPlace(anatomy, random), texture, contrast };
    case 'pituitary':
      return { kind, lobes: pituitaryLobes(anatomy, random), texture, contrast };
  }
}

/** Somewhere between the ventricles and the cortex. */
function gliomaPlace(anatomy: Anatomy, random: Random): { x: number; y: number } {
  const angle = anatomy.baseY < 1 ? random.uniform(-Math.PI, 0) : random.uniform(-Math.PI, Math.PI);
  const distance = random.uniform(0.2, 0.62);
  const y = distance * anatomy.head.radiusY * Math.sin(angle);
  return { x: distance * anatomy.head.radiusX * Math.cos(angle), y: Math.min(y, anatomy.baseY - 0.15) };
}

function meningiomaPlace(anatomy: Anatomy, random: Random): Pick<Meningioma, 'body' | 'direction' | 'tail'> {
  const { head } = anatomy;
  const direction = anatomy.baseY < 1 ? random.uniform(-Math.PI, 0) : random.uniform(-Math.PI, Math.PI);
  const along = random.uniform(0.13, 0.27);
  const across = along * random.uniform(0.65, 0.95);
  const surface = 1 - anatomy.scalp - anatomy.skull - anatomy.subarachnoid;
  // The mass hangs on the dura: its middle lies less than its own depth below the surface.
  const depth = surface - (across * random.uniform(0.3, 0.75)) / Math.min(head.radiusX, head.radiusY);
  const x = depth * head.radiusX * Math.cos(direction);
  const y = depth * head.radiusY * Math.sin(direction);
  const normal = Math.atan2(y / head.radiusY ** 2, x / head.radiusX ** 2);
  return { body: ellipse(x, y, across, along, normal), direction, tail: (along / 0.6) * random.uniform(1.2, 2) };
}

function pituitaryLobes(anatomy: Anatomy, random: Random): Ellipse[] {
  const [sellaX, sellaY] = SELLA[anatomy.view] ?? [0, 0];
  const radius = random.uniform(0.1, 0.18);
  const x = sellaX + 0.015 * random.normal();
  const body = ellipse(
    x,
    sellaY - radius * 0.4,
    radius * random.uniform(0.9, 1.35),
    radius * random.uniform(0.8, 1.1),
    random.uniform(-0.3, 0.3),
  );
  if (random.chance(0.5)) return [body];
  const bulge = radius * random.uniform(0.6, 0.9);
  return [body, ellipse(x + 0.02 * random.normal(), body.y - radius * 0.8, bulge, bulge)];
}
