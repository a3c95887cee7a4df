import type { ScanInput } from '#libs/contracts';
import type { FileDescription } from '#libs/imaging';
import type { IntakeConfig } from '../config.js';
import { cleanLabel } from './labels.js';
import type { ImageInput } from './outcome.js';
import type { Pseudonyms } from './pseudonyms.js';
import { refuseMislabelled } from './refuse-mislabelled.js';
import { chooseSplit, type AssignedSplit } from './splits.js';

/** A scan that only needs to be sent. */
export type PreparedScan = ScanInput & {
  sampleId: string;
  site: string;
  label: string;
  split: AssignedSplit;
  image: { inline: Uint8Array };
  perceptualHash: Uint8Array;
  /** Whether its split follows from its patient or study, whose other images must stay with it. */
  isSplitByIdentity: boolean;
  /** The splits that its sender named; absent when it is for us to choose. */
  askedSplits?: readonly AssignedSplit[] | undefined;
};

export interface PreparationContext {
  readonly config: IntakeConfig;
  readonly pseudonyms: Pseudonyms;
  /** Decodes an image file within the limits of the configuration. @throws IMAGE_* */
  readonly describe: (bytes: Uint8Array) => Promise<FileDescription>;
}

/**
 * Everything that needs no broker: validates an image by decoding it, pseudonymises whom it is of, chooses its split.
 *
 * @param sampleId SHA-256 of the file, lower-case hexadecimal
 * @throws what is wrong with the image, its label or its name; nothing else can fail here
 */
export async function prepareScan(
  input: ImageInput,
  sampleId: string,
  { config, pseudonyms, describe }: PreparationContext,
): Promise<PreparedScan> {
  const label = cleanLabel(input.label);
  const { perceptualHash, width, height, channels, format } = await describe(input.bytes);
  if (!config.acceptMislabelled) refuseMislabelled(input.source, format);
  const patientId = pseudonyms.patient(input.patientId);
  const studyId = pseudonyms.study(input.studyId);
  const isByImage = config.splitBy === 'image';
  const identity = { ...(!isByImage && { patient: patientId, study: studyId }), content: sampleId };
  const split = chooseSplit(identity, config.splitKey.reveal(), config.splitShares, input.splits);
  return {
    sampleId,
    studyId,
    patientId,
    site: config.site,
    split,
    label,
    image: { inline: input.bytes },
    format,
    width,
    height,
    channels,
    receivedUnixMs: Date.now(),
    source: input.source,
    perceptualHash,
    isSplitByIdentity: !isByImage && (patientId !== undefined || studyId !== undefined),
    askedSplits: input.splits,
  };
}
