import { createHash } from 'node:crypto';
import { isDicom } from '#libs/dicom';
import { isNifti, niftiToDicom } from '#libs/nifti';
import { SulcusError } from '#libs/errors';
import { withoutMetadata } from '#libs/imaging';
import type { Logger } from '#libs/telemetry';
import type { ImportConfig } from '../config.js';
import { DicomIntake } from '../sources/dicom/dicom-intake.js';
import { loadPseudonymKey } from './pseudonym-key.js';
import { Pseudonyms } from './pseudonyms.js';

/** Names samples by their image files as ingest of this site does, without sending anything. */
export class SampleNames implements AsyncDisposable {
  readonly #config: ImportConfig;
  readonly #log: Logger;
  #intake: Promise<DicomIntake> | undefined;

  constructor(config: ImportConfig, log: Logger) {
    this.#config = config;
    this.#log = log;
  }

  /**
   * The sample of an image, or of a DICOM object or NIfTI volume those of its frames or slices: what a sample is named
   * by is the SHA-256 of what leaves the site, which is the file without its metadata.
   *
   * @param source for messages
   * @throws IMAGE_UNSUPPORTED for a DICOM object that does not leave the site, and what is wrong with one
   */
  async of(given: Buffer, source: string): Promise<string[]> {
    const { niftiPlane: plane, maxFileBytes: maxBytes, maxPixels } = this.#config;
    const bytes = isNifti(given) ? niftiToDicom(given, { plane, limits: { maxBytes, maxPixels } }) : given;
    if (!isDicom(bytes)) return [createHash('sha256').update(withoutMetadata(bytes)).digest('hex')];
    const object = await (await this.#dicom()).open({ bytes, source });
    if (object.kind === 'held') throw object.error;
    if (object.kind === 'filtered')
      throw new SulcusError('IMAGE_UNSUPPORTED', `it is not taken in (${object.reason}), and is no sample`);
    const samples: string[] = [];
    for (let frame = 0; frame < object.frames; frame++) samples.push((await object.prepare(frame)).sampleId);
    return samples;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#intake)?.close();
  }

  #dicom(): Promise<DicomIntake> {
    this.#intake ??= this.#open();
    return this.#intake;
  }

  async #open(): Promise<DicomIntake> {
    const { site, pseudonymKey, dataDir } = this.#config;
    const pseudonyms = new Pseudonyms(site, await loadPseudonymKey(pseudonymKey, dataDir, this.#log));
    return new DicomIntake(this.#config, pseudonyms);
  }
}
