import { createHmac, hkdfSync } from 'node:crypto';
import path from 'node:path';
import { IMAGE_EXTENSIONS } from '#libs/imaging';
import { forgetOldest } from '#libs/memory';

/** 80 bits: by the birthday bound two of a billion patients collide with a chance below one in a million. */
const PSEUDONYM_HEX_CHARS = 20;

/** What was made of identities lately: all slices of a study ask for the same. */
const MAX_REMEMBERED = 1_000;

/** Ten years. */
const MAX_SHIFT_DAYS = 3650;

/**
 * Makes pseudonyms of patient and study identities: `<site>-<20 hexadecimal digits>` of HMAC-SHA-256. Without the key
 * they cannot be reversed by trying all identities, which plain hashes of record numbers can. The same identity gives
 * the same pseudonym for ever, so no table is kept.
 */
export class Pseudonyms {
  readonly #site: string;
  readonly #key: Buffer;
  readonly #remembered = new Map<string, Buffer>();

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

  /**
   * What stands for the name of a file or an upload, which may be that of a patient; it ends as the name of an image
   * does. Empty for an empty name.
   */
  name(name: string): string {
    if (name === '') return '';
    const ending = path.extname(name).toLowerCase();
    const isImage = IMAGE_EXTENSIONS.includes(ending.slice(1));
    const hash = this.#hmac('name', name).toString('hex').slice(0, PSEUDONYM_HEX_CHARS);
    return `${this.#site}-${hash}${isImage ? ending : ''}`;
  }

  /**
   * Tells keys apart without telling them: pseudonyms of two keys do not belong together. Eight hexadecimal digits.
   */
  get keyVersion(): string {
    return this.#hmac('key version', '').toString('hex').slice(0, 8);
  }

  /** Key of what is kept at the site about identities: 32 bytes that follow from the site's key. */
  get sealingKey(): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#key, Buffer.alloc(0), 'sulcus study register', 32));
  }

  /**
   * Another UID in place of a DICOM UID, the same each time: `2.25.` and the number of a UUID (PS3.5 annex B.2), at
   * most 44 characters.
   */
  uid(uid: string): string {
    const uuid = Buffer.from(this.#hmac('uid', uid).subarray(0, 16));
    uuid[6] = (uuid[6]! & 0x0f) | 0x80; // version 8: made by a rule of its own (RFC 9562)
    uuid[8] = (uuid[8]! & 0x3f) | 0x80;
    return `2.25.${BigInt(`0x${uuid.toString('hex')}`)}`;
  }

  /** How many days all dates of a patient move by, -3650 to -1: times between her studies stay. */
  shiftDays(patientId: string): number {
    return -1 - (this.#hmac('date', normalise(patientId)).readUInt32BE(0) % MAX_SHIFT_DAYS);
  }

  /** Not to be changed. */
  #hmac(kind: string, identity: string): Buffer {
    const text = `${kind}\0${identity}`;
    const known = this.#remembered.get(text);
    if (known) return known;
    const made = createHmac('sha256', this.#key).update(text).digest();
    this.#remembered.set(text, made);
    forgetOldest(this.#remembered, MAX_REMEMBERED);
    return made;
  }

  #pseudonym(kind: string, identity: string | undefined): string | undefined {
    const normalised = normalise(identity ?? '');
    if (normalised === '') return undefined;
    return `${this.#site}-${this.#hmac(kind, normalised).toString('hex').slice(0, PSEUDONYM_HEX_CHARS)}`;
  }
}

/**
 * Systems disagree on case, outer blanks and Unicode composition of the same record number. Leading zeros may be meant.
 */
function normalise(identity: string): string {
  return identity.normalize('NFC').trim().toUpperCase();
}

/** Whether a text is a pseudonym that a site may have made. */
export const isPseudonym = (text: string, site: string): boolean =>
  text.startsWith(`${site}-`) && /^[0-9a-f]{20}$/.test(text.slice(site.length + 1));
