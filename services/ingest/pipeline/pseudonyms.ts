import { createHmac } from 'node:crypto';

/** 80 bits: by the birthday bound two of a billion patients collide with a chance below one in a million. */
const PSEUDONYM_HEX_CHARS = 20;

/**
 * Makes pseudonyms of patient and study identities: `<site>-<20 hexadecimal digits>` of HMAC-SHA-256. Without the key
 * they cannot be reversed by trying all identities, which plain hashes of record numbers can. The same identity gives
 * the same pseudonym for ever, so no table is kept.
 */
export class Pseudonyms {
  readonly #site: string;
  readonly #key: Buffer;

  constructor(site: string, key: Buffer) {
    this.#site = site;
    this.#key = key;
  }

  /** @returns undefined for an identity that is empty or blank */
  patient(patientId: string | undefined): string | undefined {
    return this.#pseudonym('patient', patientId);
  }

  /** @returns undefined for an identity that is empty or blank */
  study(studyId: string | undefined): string | undefined {
    return this.#pseudonym('study', studyId);
  }

  #pseudonym(kind: string, identity: string | undefined): string | undefined {
    const normalised = normalise(identity ?? '');
    if (normalised === '') return undefined;
    const digest = createHmac('sha256', this.#key).update(`${kind}\0${normalised}`).digest('hex');
    return `${this.#site}-${digest.slice(0, PSEUDONYM_HEX_CHARS)}`;
  }
}

/**
 * Systems disagree on case, outer blanks and Unicode composition of the same record number. Leading zeros may be meant.
 */
function normalise(identity: string): string {
  return identity.normalize('NFC').trim().toUpperCase();
}
