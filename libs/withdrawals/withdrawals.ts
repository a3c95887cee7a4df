import type { Bus, KeyValue } from '#libs/bus';
import { SulcusError } from '#libs/errors';

/** Why and when something was withdrawn. */
export interface Withdrawal {
  reason: string;
  timeUnixMs: number;
  /** Pseudonym of the patient; empty where none is known. */
  patientId: string;
  /** Places that the sample had on SCANS, so that it can still be said which versions learned from it. */
  sequences: readonly number[];
}

const sampleKey = (sampleId: string): string => `sample.${sampleId}`;
const patientKey = (patientId: string): string => `patient.${patientId}`;

/**
 * What was withdrawn, in the bucket `withdrawn`. It is written before anything is deleted: whoever stores a sample
 * looks before and after, and one of the two sees the other.
 */
export class Withdrawals {
  readonly #bus: Bus;
  #opened: Promise<KeyValue> | undefined;

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  /** The withdrawal of a sample; undefined when it was not withdrawn. */
  async ofSample(sampleId: string): Promise<Withdrawal | undefined> {
    return this.#get(sampleKey(sampleId));
  }

  /** Whether a sample was withdrawn, itself or with all of its patient. */
  async isWithdrawn({ sampleId, patientId = '' }: { sampleId: string; patientId?: string }): Promise<boolean> {
    const looks = [this.#get(sampleKey(sampleId)), ...(patientId === '' ? [] : [this.#get(patientKey(patientId))])];
    return (await Promise.all(looks)).some((found) => found !== undefined);
  }

  /** Identities of the samples that were withdrawn, with what is known of each. */
  async *samples(signal: AbortSignal): AsyncGenerator<{ sampleId: string; withdrawal: Withdrawal }> {
    const bucket = await this.#bucketIfThere();
    if (!bucket) return;
    for await (const { key, value } of bucket.entries('sample.', signal))
      yield { sampleId: key.slice('sample.'.length), withdrawal: parse(value) };
  }

  async addSample(sampleId: string, withdrawal: Withdrawal): Promise<void> {
    await (await this.#bucket()).put(sampleKey(sampleId), Buffer.from(JSON.stringify(withdrawal)));
  }

  async addPatient(patientId: string, withdrawal: Omit<Withdrawal, 'sequences' | 'patientId'>): Promise<void> {
    const value = { ...withdrawal, patientId, sequences: [] };
    await (await this.#bucket()).put(patientKey(patientId), Buffer.from(JSON.stringify(value)));
  }

  async #get(key: string): Promise<Withdrawal | undefined> {
    const found = await (await this.#bucketIfThere())?.get(key);
    return found && parse(found.value);
  }

  /** Undefined on a broker of before there were withdrawals. */
  async #bucketIfThere(): Promise<KeyValue | undefined> {
    try {
      return await this.#bucket();
    } catch (error) {
      if (SulcusError.from(error).code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }

  #bucket(): Promise<KeyValue> {
    this.#opened ??= this.#bus.keyValue('withdrawn').catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }
}

/** Of an entry that cannot be read it is known that something was withdrawn: that must hold. */
function parse(value: Buffer): Withdrawal {
  let read: Partial<Withdrawal> | null = null;
  try {
    read = JSON.parse(value.toString()) as Partial<Withdrawal> | null;
  } catch {
    // as one that says nothing
  }
  const { reason, timeUnixMs, patientId, sequences } = read ?? {};
  return {
    reason: typeof reason === 'string' ? reason : 'the entry cannot be read',
    timeUnixMs: typeof timeUnixMs === 'number' ? timeUnixMs : 0,
    patientId: typeof patientId === 'string' ? patientId : '',
    sequences: Array.isArray(sequences) ? sequences.filter((each) => Number.isSafeInteger(each)) : [],
  };
}

/** What who sends, asks for or brings back something withdrawn is told. */
export const withdrawnError = (sampleId: string): SulcusError =>
  new SulcusError('WITHDRAWN', 'The image, or all of its patient, was withdrawn: it is not taken in again', {
    details: { sampleId },
  });
