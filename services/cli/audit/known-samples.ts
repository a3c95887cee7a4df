import type { Split } from '#libs/contracts';
import { IdentityTable } from './identity-table.js';
import { PlaceSet } from './place-set.js';

/** Where a sample is known from, and whether a label was given to it or its study apart from the image; bits. */
export const Known = { SCANS: 1, INDEX: 2, OBJECT: 4, WITHDRAWN: 8, RELABELLED: 16 } as const;

const SPLITS: readonly Split[] = ['SPLIT_UNSPECIFIED', 'SPLIT_TRAIN', 'SPLIT_VALIDATION', 'SPLIT_TEST', 'SPLIT_GATE'];

/** What an audit keeps of a sample. */
export interface KnownSample {
  /** Bits of {@link Known}. */
  known: number;
  /** Its place on SCANS now; 0 when it is not there. */
  sequence: number;
  split: Split;
  /** The class that it came with; empty without one. */
  label: string;
}

/**
 * Every sample that an audit has met, some 60 bytes each: who it is, where it is known from, where it lies, and what it
 * came as.
 */
export class KnownSamples {
  readonly identities = new IdentityTable();
  /** Places of SCANS that are accounted for: something lies there, or it is known where it went. */
  readonly places = new PlaceSet();
  #known = new Uint8Array(1024);
  #splits = new Uint8Array(1024);
  #labels = new Uint32Array(1024);
  #sequences = new Uint32Array(1024);
  readonly #labelNames: string[] = [''];
  readonly #labelNumbers = new Map<string, number>([['', 0]]);

  get size(): number {
    return this.identities.size;
  }

  /** Adds what is newly known; the result is its number and what was known before. */
  mark(sampleId: string, bit: number): { number: number; before: number } {
    const number = this.identities.add(sampleId);
    if (number >= this.#known.length) this.#grow();
    const before = this.#known[number]!;
    this.#known[number] = before | bit;
    return { number, before };
  }

  describe(number: number, { sequence, split, label }: Omit<KnownSample, 'known'>): void {
    this.#sequences[number] = sequence;
    this.#splits[number] = Math.max(0, SPLITS.indexOf(split));
    this.#labels[number] = this.#labelNumber(label);
  }

  at(number: number): KnownSample {
    return {
      known: this.#known[number]!,
      sequence: this.#sequences[number]!,
      split: SPLITS[this.#splits[number]!]!,
      label: this.#labelNames[this.#labels[number]!]!,
    };
  }

  /** Samples of which exactly these bits of those asked about are set. */
  count(asked: number, set: number): number {
    let count = 0;
    for (let number = 0; number < this.size; number++) if ((this.#known[number]! & asked) === set) count++;
    return count;
  }

  #labelNumber(label: string): number {
    const known = this.#labelNumbers.get(label);
    if (known !== undefined) return known;
    this.#labelNames.push(label);
    this.#labelNumbers.set(label, this.#labelNames.length - 1);
    return this.#labelNames.length - 1;
  }

  #grow(): void {
    const length = this.#known.length * 2;
    this.#known = copied(this.#known, new Uint8Array(length));
    this.#splits = copied(this.#splits, new Uint8Array(length));
    this.#labels = copied(this.#labels, new Uint32Array(length));
    this.#sequences = copied(this.#sequences, new Uint32Array(length));
  }
}

function copied<A extends Uint8Array | Uint32Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
