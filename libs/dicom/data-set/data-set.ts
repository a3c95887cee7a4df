import { decodeText } from './character-sets.js';
import { ATTRIBUTES, tagOf, type Keyword } from './dictionary.js';

/** One attribute as the file has it. Bytes are little-endian, whatever the file's order was, and may be a view. */
export interface Element {
  tag: number;
  /** Two letters; `UN` where neither the file nor the dictionary knows. */
  vr: string;
  /** The value; empty for sequences and encapsulated pixels. */
  bytes: Buffer;
  /** Items of a sequence. */
  items?: DataSet[];
  /** Items of encapsulated pixel data: the first is the basic offset table. */
  fragments?: Buffer[];
}

/**
 * The longest value that an explicit attribute of text or numbers has (PS3.5 section 7.1.2). An implicit one may be
 * written to be as long as the file: tens of millions of values.
 */
const MAX_VALUE_BYTES = 0xffff;

/** Attributes by tag, with typed access by keyword. What is missing or not of the wanted kind reads as absent. */
export class DataSet {
  readonly elements = new Map<number, Element>();
  /** Data set whose character set holds where this one, an item, names none. */
  readonly parent: DataSet | undefined;

  constructor(parent?: DataSet) {
    this.parent = parent;
  }

  get(keyword: Keyword): Element | undefined {
    return this.elements.get(tagOf(keyword));
  }

  has(keyword: Keyword): boolean {
    return this.elements.has(tagOf(keyword));
  }

  /** All values of a text attribute, padding taken off; single-byte code strings and identifiers as they are. */
  texts(keyword: Keyword): string[] {
    const element = this.get(keyword);
    if (!element || element.items || element.bytes.length === 0 || element.bytes.length > MAX_VALUE_BYTES) return [];
    return decodeText(element.bytes, ATTRIBUTES[keyword][1], this.characterSets())
      .split('\\')
      .map((value) => trimPadding(value));
  }

  /** The first value of a text attribute; '' where there is none. */
  text(keyword: Keyword): string {
    return this.texts(keyword)[0] ?? '';
  }

  /** Values of a numeric attribute, binary or written as text; what is no number is left out. */
  numbers(keyword: Keyword): number[] {
    const element = this.get(keyword);
    if (!element || element.items || element.bytes.length > MAX_VALUE_BYTES) return [];
    const isText = ATTRIBUTES[keyword][1] === 'DS' || ATTRIBUTES[keyword][1] === 'IS';
    const values = isText
      ? this.texts(keyword).map((text) => (text === '' ? Number.NaN : Number(text)))
      : binary(element);
    return values.filter((value) => Number.isFinite(value));
  }

  number(keyword: Keyword): number | undefined {
    return this.numbers(keyword)[0];
  }

  /** Items of a sequence; none where there is no such sequence. */
  items(keyword: Keyword): readonly DataSet[] {
    return this.get(keyword)?.items ?? [];
  }

  characterSets(): string[] {
    const element = this.get('SpecificCharacterSet');
    if (!element) return this.parent?.characterSets() ?? [];
    return element.bytes.subarray(0, MAX_VALUE_BYTES).toString('latin1').split('\\').map(trimPadding);
  }
}

/** Blanks and NULs around a value mean nothing. A pattern would try each of the blanks within it as their beginning. */
function trimPadding(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && isPadding(text.charCodeAt(from))) from++;
  while (to > from && isPadding(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

const isPadding = (code: number): boolean => code === 0x20 || code === 0;

const BINARY: Readonly<Record<string, { width: number; read: (bytes: Buffer, at: number) => number }>> = {
  US: { width: 2, read: (bytes, at) => bytes.readUInt16LE(at) },
  SS: { width: 2, read: (bytes, at) => bytes.readInt16LE(at) },
  UL: { width: 4, read: (bytes, at) => bytes.readUInt32LE(at) },
  SL: { width: 4, read: (bytes, at) => bytes.readInt32LE(at) },
  FL: { width: 4, read: (bytes, at) => bytes.readFloatLE(at) },
  FD: { width: 8, read: (bytes, at) => bytes.readDoubleLE(at) },
};

function binary({ vr, bytes }: Element): number[] {
  const kind = BINARY[vr];
  if (!kind) return [];
  const values: number[] = [];
  for (let at = 0; at + kind.width <= bytes.length; at += kind.width) values.push(kind.read(bytes, at));
  return values;
}
