import { subjects, type Bus, type RequestOptions } from '#libs/bus';
import { codecs, type BlobRef, type PredictionRecord } from '#libs/contracts';
import { SulcusError } from '#libs/errors';

/** An input that was found. */
export interface FoundInput {
  bytes: Buffer;
  /** Where, for people. */
  source: string;
}

/** Inputs of predictions, kept once per content on a stream of their own that drops its oldest. */
export class KeptInputs {
  readonly #bus: Bus;

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  /** Keeps an input; resolves when the broker has it. @throws as {@link RecordStore.append} */
  async keep(input: Uint8Array, options?: RequestOptions): Promise<BlobRef> {
    return await this.#bus.putBlob(input, { ...options, stream: 'PREDICTION_INPUTS' });
  }

  /**
   * The input of a recorded prediction: as the predictor kept it, else as ingest took it in; undefined when neither is
   * there (any more).
   *
   * @throws HASH_MISMATCH when the stored bytes are damaged
   */
  async fetch({
    storedInput,
    sampleId,
  }: Pick<PredictionRecord, 'storedInput' | 'sampleId'>): Promise<FoundInput | undefined> {
    const kept = storedInput ? await this.#kept(storedInput) : undefined;
    if (kept) return { bytes: kept, source: 'as the predictor kept it' };
    const ingested = await this.#ingested(sampleId);
    return ingested && { bytes: ingested, source: 'as ingest took it in' };
  }

  async #kept(ref: BlobRef): Promise<Buffer | undefined> {
    return await missingIsUndefined(this.#bus.getBlob(ref, { stream: 'PREDICTION_INPUTS' }));
  }

  async #ingested(sampleId: string): Promise<Buffer | undefined> {
    const scan = await this.#bus.getLast('SCANS', subjects.scanOf(sampleId), codecs.Scan);
    const image = scan?.message.image;
    return image ? await missingIsUndefined(this.#bus.fromPayload(image)) : undefined;
  }
}

async function missingIsUndefined<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (SulcusError.from(error).code === 'NOT_FOUND') return undefined;
    throw error;
  }
}
