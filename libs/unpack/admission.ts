import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { SulcusError } from '#libs/errors';
import { LIMITS } from '#libs/limits';

/** What a packed file may become. */
export interface UnpackLimits {
  /** Files and folders. */
  maxEntries: number;
  /** Bytes of all files together. */
  maxBytes: number;
  /** Unpacked bytes for each packed one: images hardly shrink, what is made to fill a disk does. */
  maxRatio: number;
}

export const UNPACK_LIMITS: UnpackLimits = {
  maxEntries: LIMITS.packedEntries.value,
  maxBytes: LIMITS.packedBytes.value,
  maxRatio: LIMITS.packedRatio.value,
};

/** So much is unpacked whatever the ratio: a few pictures of one colour are no attack. */
const FREE_OF_RATIO_BYTES = 16 * 2 ** 20;

/** What has been unpacked so far. */
export interface Unpacked {
  files: number;
  bytes: number;
}

/** An entry as its header has it. */
export interface EntryHeader {
  /** Path inside the packed file, with slashes. */
  name: string;
  kind: 'file' | 'folder' | 'link' | 'other';
  /** Unpacked bytes, by the header. */
  bytes: number;
}

/** Decides by the headers what may be written, and where, before a byte of it is. */
export class Admission {
  readonly #folder: string;
  readonly #packedBytes: number;
  readonly #limits: UnpackLimits;
  readonly #made = new Set<string>();
  #entries = 0;
  readonly counts: Unpacked = { files: 0, bytes: 0 };

  constructor(folder: string, packedBytes: number, limits: UnpackLimits) {
    this.#folder = folder;
    this.#packedBytes = packedBytes;
    this.#limits = limits;
  }

  /**
   * The file to write, in a folder that is there; undefined for a folder.
   *
   * @throws INVALID_ARGUMENT for what is not to be unpacked
   */
  async admit({ name, kind, bytes }: EntryHeader): Promise<string | undefined> {
    const target = this.#targetOf(name);
    if (kind === 'link') throw refused(`"${name}" is a link: pack the files themselves (zip without -y, tar with -h)`);
    if (kind === 'other') throw refused(`"${name}" is neither file nor folder`);
    this.#count(bytes);
    const above = kind === 'folder' ? target : path.dirname(target);
    if (!this.#made.has(above)) await mkdir(above, { recursive: true });
    this.#made.add(above);
    if (kind === 'folder') return undefined;
    this.counts.files++;
    return target;
  }

  #targetOf(name: string): string {
    const segments = name.split('/').filter((segment) => segment !== '' && segment !== '.');
    const leaves = /^(\/|[a-z]:)/i.test(name) || segments.includes('..') || name.includes('\0');
    if (leaves) throw refused(`"${name}" would lie outside the folder`);
    return path.join(this.#folder, ...segments);
  }

  #count(bytes: number): void {
    const { maxEntries, maxBytes, maxRatio } = this.#limits;
    if (++this.#entries > maxEntries) throw refused(`it holds more than ${maxEntries} entries`);
    this.counts.bytes += bytes;
    if (this.counts.bytes > maxBytes) throw refused(`it would take more than ${maxBytes} bytes`);
    if (this.counts.bytes > Math.max(FREE_OF_RATIO_BYTES, maxRatio * this.#packedBytes))
      throw refused(`it would take more than ${maxRatio} times its own ${this.#packedBytes} bytes`);
  }
}

export const refused = (why: string, cause?: unknown): SulcusError =>
  new SulcusError('INVALID_ARGUMENT', why, { cause });
