import { SulcusError } from '#libs/errors';
import { DataSet, type Element } from './data-set.js';
import { formatTag, vrOf } from './dictionary.js';
import type { DicomLimits } from './limits.js';

/** How attributes are encoded. */
export interface Encoding {
  isExplicit: boolean;
  isBigEndian?: boolean;
}

const UNDEFINED_LENGTH = 0xffffffff;
const ITEM = 0xfffee000;
/** The same, as the number that its four bytes are. */
const ITEM_BYTES = 0xe000fffe;
const ITEM_END = 0xfffee00d;
const SEQUENCE_END = 0xfffee0dd;
const PIXEL_DATA = 0x7fe00010;

/** These have their length in two bytes behind the letters; all others, also those to come, in four (PS3.5 7.1.2). */
const SHORT = new Set('AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US'.split(' '));
const LONG = new Set('OB OD OF OL OV OW SQ SV UC UN UR UT UV'.split(' '));

/** Bytes of one number, where the order of bytes matters. */
const WORD_BYTES: Readonly<Record<string, number>> = {
  ...{ US: 2, SS: 2, OW: 2, AT: 2, UL: 4, SL: 4, FL: 4, OL: 4, OF: 4 },
  ...{ FD: 8, OD: 8, OV: 8, SV: 8, UV: 8 },
};

/** Attributes and items that are read in one step: some milliseconds. */
export const ELEMENTS_PER_STEP = 2_000;

/** Work that can be left between its steps. */
export type Steps<T> = Generator<undefined, T, undefined>;

export const isVr = (letters: string): boolean => SHORT.has(letters) || LONG.has(letters);

/**
 * Reads attributes from bytes. Values are views of them, except in big endian, whose numbers are swapped.
 *
 * Written here because what scanners and strangers send must be bounded while it is read: attributes, depth, lengths.
 */
export class DataSetParser {
  readonly #bytes: Buffer;
  readonly #limits: DicomLimits;
  #encoding: Encoding;
  #at: number;
  #elements = 0;
  #stepEndsAt = ELEMENTS_PER_STEP;

  constructor(bytes: Buffer, from: number, encoding: Encoding, limits: DicomLimits) {
    this.#bytes = bytes;
    this.#at = from;
    this.#encoding = encoding;
    this.#limits = limits;
  }

  /** Where the next attribute begins. */
  get offset(): number {
    return this.#at;
  }

  /**
   * Reads attributes up to the end of the bytes, in steps of {@link ELEMENTS_PER_STEP}.
   *
   * @param isWanted false for the first tag that is left unread, as is all that follows
   * @throws IMAGE_TRUNCATED, IMAGE_UNDECODABLE, IMAGE_TOO_LARGE (more attributes or levels than the limits)
   */
  *read(isWanted: (tag: number) => boolean = () => true): Steps<DataSet> {
    const dataSet = new DataSet();
    while (this.#at + 8 <= this.#bytes.length && !this.#isFilling()) {
      const before = this.#at;
      const tag = this.#tag();
      if (!isWanted(tag)) {
        this.#at = before;
        break;
      }
      const read = this.#element(tag, dataSet, this.#bytes.length, 0);
      this.#add(dataSet, 'next' in read ? yield* read : read);
      if (this.#isStepOver()) yield;
    }
    return dataSet;
  }

  /** Some archives fill the last sector with zeros. */
  #isFilling(): boolean {
    if (this.#bytes.readUInt32LE(this.#at) !== 0) return false;
    return this.#bytes.length - this.#at < 4096 && this.#bytes.subarray(this.#at).every((byte) => byte === 0);
  }

  /** @returns of what holds others, the steps in which they are read */
  #element(tag: number, dataSet: DataSet, end: number, depth: number): Element | Steps<Element> {
    this.#count('attributes');
    const { vr, length } = this.#encoding.isExplicit ? this.#explicitHeader(tag) : this.#implicitHeader(tag);
    if (tag === PIXEL_DATA && length === UNDEFINED_LENGTH) return this.#encapsulated(end);
    const isSequence = vr === 'SQ' || length === UNDEFINED_LENGTH || (vr === 'UN' && this.#holdsItems(tag, length));
    if (isSequence) return this.#sequence(tag, vr, length, dataSet, end, depth);
    return { tag, vr, bytes: this.#inOrder(this.#take(tag, length, end), vr) };
  }

  #explicitHeader(tag: number): { vr: string; length: number } {
    const vr = this.#bytes.toString('latin1', this.#at, this.#at + 2);
    if (!/^[A-Z]{2}$/.test(vr))
      throw new SulcusError('IMAGE_UNDECODABLE', `Attribute ${formatTag(tag)} has no value representation`);
    if (SHORT.has(vr)) {
      const length = this.#u16(this.#at + 2);
      this.#at += 4;
      return { vr, length };
    }
    this.#require(8);
    const length = this.#u32(this.#at + 4);
    this.#at += 8;
    // What was forwarded by a system that did not know it may be known here.
    const known = vr === 'UN' && length !== UNDEFINED_LENGTH ? vrOf(tag) : undefined;
    return { vr: known !== undefined && known !== 'SQ' ? known : vr, length };
  }

  #implicitHeader(tag: number): { vr: string; length: number } {
    const length = this.#u32(this.#at);
    this.#at += 4;
    return { vr: vrOf(tag) ?? 'UN', length };
  }

  *#sequence(tag: number, vr: string, length: number, parent: DataSet, end: number, depth: number): Steps<Element> {
    if (depth >= this.#limits.maxDepth)
      throw new SulcusError('IMAGE_TOO_LARGE', `The DICOM object nests more than ${this.#limits.maxDepth} sequences`);
    const outer = this.#encoding;
    // A sequence of unknown representation and length is in Implicit VR (PS3.5 6.2.2 note 2).
    if (vr === 'UN') this.#encoding = { isExplicit: false };
    const isOpen = length === UNDEFINED_LENGTH;
    const stop = isOpen ? end : this.#endOf(tag, length, end);
    const items: DataSet[] = [];
    while (this.#at < stop) {
      const marker = this.#itemTag(tag);
      const itemLength = this.#u32(this.#at);
      this.#at += 4;
      if (marker === SEQUENCE_END) break;
      if (marker !== ITEM)
        throw new SulcusError('IMAGE_UNDECODABLE', `Sequence ${formatTag(tag)} holds ${formatTag(marker)} for an item`);
      // One without attributes takes room as well: eight bytes of the file become hundreds.
      this.#count('items of sequences');
      items.push(yield* this.#item(tag, itemLength, parent, stop, depth));
      if (this.#isStepOver()) yield;
    }
    this.#encoding = outer;
    return { tag, vr: 'SQ', bytes: EMPTY, items };
  }

  /**
   * A sequence that a system passed on without knowing it has a length, and no representation (PS3.5 6.2.2): what is
   * read of it is read all the same.
   */
  #holdsItems(tag: number, length: number): boolean {
    if (vrOf(tag) !== 'SQ' || length < 8 || this.#encoding.isBigEndian) return false;
    return this.#at + 8 <= this.#bytes.length && this.#bytes.readUInt32LE(this.#at) === ITEM_BYTES;
  }

  /**
   * Items may be encoded otherwise than what they stand in: some systems write private sequences explicitly into an
   * implicit data set, or copy implicit ones into an explicit one.
   */
  #encodingOfItem(outer: Encoding, stop: number): Encoding {
    if (outer.isBigEndian || this.#at + 8 > Math.min(stop, this.#bytes.length)) return outer;
    const [group, element] = [this.#bytes.readUInt16LE(this.#at), this.#bytes.readUInt16LE(this.#at + 2)];
    if (group === 0xfffe) return outer;
    const letters = this.#bytes.toString('latin1', this.#at + 4, this.#at + 6);
    const known = vrOf(group * 0x10000 + element);
    // A length may look like letters: those of another representation than the attribute has are none.
    const isLength = !outer.isExplicit && known !== undefined && known !== letters;
    return { isExplicit: isVr(letters) && !isLength };
  }

  *#item(tag: number, length: number, parent: DataSet, end: number, depth: number): Steps<DataSet> {
    const item = new DataSet(parent);
    const stop = length === UNDEFINED_LENGTH ? end : this.#endOf(tag, length, end);
    const outer = this.#encoding;
    this.#encoding = this.#encodingOfItem(outer, stop);
    while (this.#at < stop) {
      const inner = this.#itemTag(tag);
      if (inner === ITEM_END) {
        this.#at += 4;
        break;
      }
      const read = this.#element(inner, item, stop, depth + 1);
      this.#add(item, 'next' in read ? yield* read : read);
      if (this.#isStepOver()) yield;
    }
    this.#encoding = outer;
    return item;
  }

  *#encapsulated(end: number): Steps<Element> {
    const fragments: Buffer[] = [];
    for (;;) {
      const marker = this.#itemTag(PIXEL_DATA);
      const length = this.#u32(this.#at);
      this.#at += 4;
      if (marker === SEQUENCE_END) return { tag: PIXEL_DATA, vr: 'OB', bytes: EMPTY, fragments };
      if (marker !== ITEM || length === UNDEFINED_LENGTH)
        throw new SulcusError('IMAGE_UNDECODABLE', 'The pixel data is not made of fragments');
      this.#count('fragments of pixel data');
      fragments.push(this.#take(PIXEL_DATA, length, end));
      if (this.#isStepOver()) yield;
    }
  }

  #isStepOver(): boolean {
    if (this.#elements < this.#stepEndsAt) return false;
    this.#stepEndsAt = this.#elements + ELEMENTS_PER_STEP;
    return true;
  }

  /** What becomes an object of ours. */
  #count(what: string): void {
    const { maxElements } = this.#limits;
    if (++this.#elements > maxElements)
      throw new SulcusError('IMAGE_TOO_LARGE', `The DICOM object has more than ${maxElements} ${what}`);
  }

  /** A system that says a thing twice means one of the two: which, nobody can tell. */
  #add(dataSet: DataSet, element: Element): void {
    if (dataSet.elements.has(element.tag))
      throw new SulcusError('IMAGE_UNDECODABLE', `Attribute ${formatTag(element.tag)} stands twice`);
    dataSet.elements.set(element.tag, element);
  }

  /** Every marker and attribute inside a sequence has a tag and at least four bytes more. */
  #itemTag(inside: number): number {
    if (this.#at + 8 > this.#bytes.length) throw endsIn(inside);
    return this.#tag();
  }

  #tag(): number {
    this.#require(8);
    const tag = this.#u16(this.#at) * 0x10000 + this.#u16(this.#at + 2);
    this.#at += 4;
    return tag;
  }

  #take(tag: number, length: number, end: number): Buffer {
    const stop = this.#endOf(tag, length, end);
    const value = this.#bytes.subarray(this.#at, stop);
    this.#at = stop;
    return value;
  }

  #endOf(tag: number, length: number, end: number): number {
    if (this.#at + length > end) throw endsIn(tag);
    return this.#at + length;
  }

  #require(bytes: number): void {
    if (this.#at + bytes > this.#bytes.length)
      throw new SulcusError('IMAGE_TRUNCATED', 'The DICOM object ends in the middle of an attribute');
  }

  #inOrder(value: Buffer, vr: string): Buffer {
    const width = this.#encoding.isBigEndian ? WORD_BYTES[vr] : undefined;
    if (width === undefined) return value;
    const swapped = Buffer.from(value.subarray(0, value.length - (value.length % width)));
    if (width === 2) return swapped.swap16();
    return width === 4 ? swapped.swap32() : swapped.swap64();
  }

  #u16(at: number): number {
    return this.#encoding.isBigEndian ? this.#bytes.readUInt16BE(at) : this.#bytes.readUInt16LE(at);
  }

  #u32(at: number): number {
    return this.#encoding.isBigEndian ? this.#bytes.readUInt32BE(at) : this.#bytes.readUInt32LE(at);
  }
}

const EMPTY = Buffer.alloc(0);

const endsIn = (tag: number): SulcusError =>
  new SulcusError('IMAGE_TRUNCATED', `The DICOM object ends within attribute ${formatTag(tag)}`);
