import type { Anatomy } from './anatomy.js';
import type { Lesion } from './lesions.js';
import { coverage, ellipseDistance, type Ellipse } from './shapes.js';
import type { TissueSignals } from './tissues.js';

const mix = (below: number, above: number, share: number): number => below + (above - below) * share;

/** A place in the head: coordinates, relative radius (1 is the skin) and direction from the middle. */
interface Place {
  x: number;
  y: number;
  radius: number;
  direction: number;
}

/**
 * Signal of a head at one point, 0 (air) to 1, before the scanner adds its own: layers from outside to inside, each
 * laid over the one before with a border `softness` wide.
 */
export function paintHead(
  anatomy: Anatomy,
  lesion: Lesion | undefined,
  signals: TissueSignals,
  softness: number,
): (x: number, y: number) => number {
  const { head, bend } = anatomy;
  return (rawX, rawY) => {
    // The whole head is bent a little, so that no ellipse stays one; a mass pushes what is around it outwards.
    const bentX = rawX + 0.025 * bend[0](rawX, rawY);
    const bentY = rawY + 0.025 * bend[1](rawX, rawY);
    const direction = Math.atan2(bentY / head.radiusY, bentX / head.radiusX);
    const radius = Math.hypot(bentX / head.radiusX, bentY / head.radiusY) / anatomy.headOutline(direction);
    if (radius > 1.05) return paintOutside(anatomy, signals, softness, bentX, bentY);
    const [x, y] = lesion ? pushed(lesion, bentX, bentY) : [bentX, bentY];
    const inBrain = brainShare(anatomy, radius, y, softness);
    let signal = paintShell(anatomy, signals, softness, { x, y, radius, direction }, inBrain);
    if (inBrain > 0) {
      const { signal: brain, white } = paintBrain(anatomy, signals, softness, { x, y, radius, direction });
      signal = mix(signal, brain, inBrain);
      if (lesion)
        signal = mix(
          signal,
          paintLesion(lesion, anatomy, signals, softness, { x: bentX, y: bentY, radius, direction }, signal, white),
          inBrain,
        );
    }
    return signal;
  };
}

function paintOutside(anatomy: Anatomy, signals: TissueSignals, softness: number, x: number, y: number): number {
  return anatomy.eyes.reduce(
    (signal, eye) => mix(signal, signals.csf * 0.8, coverage(ellipseDistance(eye, x, y), softness)),
    0,
  );
}

const innerTable = ({ scalp, skull }: Anatomy): number => 1 - scalp - skull;

/** Share of a point that is within the brain's coverings. */
function brainShare(anatomy: Anatomy, radius: number, y: number, softness: number): number {
  return coverage(radius - innerTable(anatomy), softness * 1.5) * coverage(y - anatomy.baseY, softness * 3);
}

/** Scalp, skull, and the face and neck below the base of the skull. */
function paintShell(
  anatomy: Anatomy,
  signals: TissueSignals,
  softness: number,
  { x, y, radius }: Place,
  inBrain: number,
): number {
  let signal = mix(0, signals.scalp, coverage(radius - 1, softness * 1.5));
  signal = mix(signal, signals.skull, coverage(radius - (1 - anatomy.scalp), softness * 1.5));
  if (anatomy.baseY < 1 && inBrain < 1) {
    const below = coverage(anatomy.baseY - y, 0.04) * coverage(radius - (1 - anatomy.scalp), 0.05);
    signal = mix(signal, signals.muscle * (1 + 0.5 * anatomy.cortex(x * 0.8, y * 0.8)), below);
    signal = paintHindbrain(anatomy, signals, softness, x, y, signal);
  }
  for (const eye of anatomy.eyes)
    signal = mix(signal, signals.csf * 0.8, coverage(ellipseDistance(eye, x, y), softness) * (1 - inBrain));
  for (const cavity of anatomy.air)
    signal = mix(
      signal,
      0.03,
      coverage(ellipseDistance(cavity, x, y), softness * 3) *
        (1 - inBrain) *
        coverage(radius - (1 - 1.3 * anatomy.scalp), softness * 2),
    );
  return signal;
}

function paintBrain(
  anatomy: Anatomy,
  signals: TissueSignals,
  softness: number,
  { x, y, radius }: Place,
): { signal: number; white: number } {
  const depth = innerTable(anatomy) - anatomy.subarachnoid - radius;
  // Grey matter covers the surface and lines the folds, which run inwards along the zero lines of the noise and are
  // filled with liquid near the surface.
  const fold = Math.abs(anatomy.folds(x, y));
  const open = Math.max(0, 1 - depth / 0.32);
  const white = coverage(0.045 - depth, 0.03) * coverage(0.2 * Math.sqrt(open) - fold, 0.12);
  let signal = mix(signals.grey, signals.white, white);
  signal = mix(signal, signals.csf, 0.85 * coverage(fold - 0.055 * open, 0.07) * Math.min(1, 2 * open));
  signal *= 1 + 0.06 * anatomy.cortex(x * 2, y * 2);
  signal = paintHindbrain(anatomy, signals, softness, x, y, signal);
  signal = over(signal, anatomy.nuclei, signals.nuclei, softness * 4, x, y);
  signal = over(signal, anatomy.cisterns, signals.csf, softness * 3, x, y);
  signal = over(signal, anatomy.ventricles, signals.csf, softness * 1.5, x, y);
  if (anatomy.gland)
    signal = mix(signal, signals.gland, coverage(ellipseDistance(anatomy.gland, x, y), softness * 1.5));
  if (anatomy.fissure)
    signal = mix(
      signal,
      signals.csf,
      0.8 *
        coverage(Math.abs(x + 0.02 * anatomy.folds(0, y)) - 0.008, softness) *
        coverage(0.22 - Math.abs(y + 0.02), 0.2),
    );
  return { signal: mix(signal, signals.csf, coverage(depth, softness * 2)), white };
}

/** Cerebellum and brainstem: grey and white finely mixed. */
function paintHindbrain(
  anatomy: Anatomy,
  signals: TissueSignals,
  softness: number,
  x: number,
  y: number,
  below: number,
): number {
  const share = anatomy.hindbrain.reduce(
    (largest, part) => Math.max(largest, coverage(ellipseDistance(part, x, y), softness * 2)),
    0,
  );
  return share === 0
    ? below
    : mix(below, mix(signals.white, signals.grey, 0.5 + anatomy.cortex(x * 1.6, y * 1.6)), share);
}

const over = (
  signal: number,
  parts: readonly Ellipse[],
  tissue: number,
  softness: number,
  x: number,
  y: number,
): number => parts.reduce((below, part) => mix(below, tissue, coverage(ellipseDistance(part, x, y), softness)), signal);

/** Where the tissue at a point came from: nearer to the mass than it is now. */
function pushed(lesion: Lesion, x: number, y: number): [number, number] {
  const [centerX, centerY, reach] = massOf(lesion);
  const dx = x - centerX;
  const dy = y - centerY;
  const strength = 0.45 * Math.exp(-(dx * dx + dy * dy) / (2.2 * reach * reach));
  return [x - dx * strength, y - dy * strength];
}

function massOf(lesion: Lesion): [x: number, y: number, reach: number] {
  if (lesion.kind === 'glioma') return [lesion.x, lesion.y, lesion.radius];
  const body = lesion.kind === 'meningioma' ? lesion.body : lesion.lobes[0]!;
  return [body.x, body.y, Math.max(body.radiusX, body.radiusY)];
}

function paintLesion(
  lesion: Lesion,
  anatomy: Anatomy,
  signals: TissueSignals,
  softness: number,
  place: Place,
  below: number,
  white: number,
): number {
  const { x, y } = place;
  const texture = lesion.texture(x, y);
  switch (lesion.kind) {
    case 'glioma': {
      const angle = Math.atan2(y - lesion.y, x - lesion.x);
      const distance = Math.hypot(x - lesion.x, y - lesion.y) / lesion.radius;
      const border = distance / lesion.outline(angle) + 0.18 * texture;
      const oedema = coverage(distance / lesion.oedemaOutline(angle) - lesion.oedemaReach + 0.5 * texture, 0.7) * white;
      let signal = mix(below, signals.oedema, 0.9 * lesion.contrast * oedema);
      const solid = coverage(border - 1, 0.25);
      signal = mix(signal, signals.glioma * (1 + 0.25 * texture), lesion.contrast * solid);
      if (!lesion.highGrade) return signal;
      signal = mix(signal, signals.rim * (1 + 0.3 * texture), lesion.contrast * solid * coverage(0.62 - border, 0.2));
      return mix(signal, signals.necrosis, lesion.contrast * coverage(border - 0.58, 0.25));
    }
    case 'meningioma': {
      const distance = ellipseDistance(lesion.body, x, y);
      const surface = innerTable(anatomy) - place.radius;
      const cleft = mix(below, signals.csf, 0.6 * coverage(Math.abs(distance - 0.008) - 0.01, softness * 2));
      const turn = Math.abs(
        Math.atan2(Math.sin(place.direction - lesion.direction), Math.cos(place.direction - lesion.direction)),
      );
      const tail =
        coverage(surface - 0.03 * Math.max(0, 1 - turn / lesion.tail), softness * 2) *
        coverage(turn - lesion.tail, 0.1);
      const signal = mix(cleft, signals.meningioma, 0.8 * lesion.contrast * tail);
      return mix(
        signal,
        signals.meningioma * (1 + 0.1 * texture),
        lesion.contrast * coverage(distance + 0.006 * texture, softness * 2),
      );
    }
    case 'pituitary': {
      const share = Math.max(
        ...lesion.lobes.map((lobe) => coverage(ellipseDistance(lobe, x, y) + 0.008 * texture, softness * 2.5)),
      );
      return mix(below, signals.pituitary * (1 + 0.12 * texture), lesion.contrast * share);
    }
  }
}
