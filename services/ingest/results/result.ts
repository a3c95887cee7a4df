import { createHash } from 'node:crypto';
import type { StudyPrediction } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { RegisteredObject, RegisteredStudy } from '../register/study-register.js';

/** An image of the site that a prediction speaks of. */
export interface ReferencedImage {
  object: RegisteredObject;
  /** From 1; undefined for an object of one frame. */
  frame: number | undefined;
}

/** A study's prediction, with what stands behind its pseudonyms. */
export interface StudyResult {
  prediction: StudyPrediction;
  study: RegisteredStudy;
  /** By sample id. Slices that the site's register does not know are missing. */
  images: ReadonlyMap<string, ReferencedImage>;
  /** Modality of the study's images: that of the first. */
  modality: string;
}

/**
 * Puts a prediction and what the site knows of its study together.
 *
 * @param study what the register knows of it
 * @throws NOT_FOUND when none of its slices came from this site
 */
export function studyResult(prediction: StudyPrediction, study: RegisteredStudy): StudyResult {
  const images = new Map<string, ReferencedImage>();
  const wanted = new Set(prediction.slices.map(({ sampleId }) => sampleId));
  for (const object of study.objects)
    object.sampleIds.forEach((sampleId, index) => {
      const frame = object.sampleIds.length > 1 ? index + 1 : undefined;
      if (sampleId !== '' && wanted.has(sampleId)) images.set(sampleId, { object, frame });
    });
  if (images.size === 0)
    throw new SulcusError(
      'NOT_FOUND',
      `None of the ${prediction.slices.length} slices of the prediction is in this site's register: ` +
        'make results where the images came from',
    );
  return { prediction, study, images, modality: [...images.values()][0]!.object.modality };
}

/** The number of a UUID as a UID (PS3.5 annex B.2): the same result has the same UID whenever it is made. */
export const uidOfUuid = (uuid: string): string => `2.25.${BigInt(`0x${uuid.replaceAll('-', '')}`)}`;

/** A UID that follows from words: a UUID of version 8. */
export function uidOf(...words: readonly string[]): string {
  const bytes = createHash('sha256').update(words.join('\0')).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return uidOfUuid(bytes.toString('hex'));
}

/** Name of the device that makes results, and what it says of itself. */
export const DEVICE = { manufacturer: 'sulcus', uid: '2.25.309271620476190834721365570934158263441' } as const;

/** Stands in every result until somebody has cleared the device for more. */
export const DISCLAIMER = 'NOT FOR DIAGNOSIS';

/** `YYYYMMDD` and `HHMMSS` of UTC. */
export function dateAndTime(unixMs: number): { date: string; time: string } {
  const digits = new Date(unixMs).toISOString().replace(/\D/g, '');
  return { date: digits.slice(0, 8), time: digits.slice(8, 14) };
}
