/** Value representations whose text depends on the character set (PS3.5 section 6.1.2.3). */
const AFFECTED: ReadonlySet<string> = new Set(['SH', 'LO', 'ST', 'LT', 'UC', 'UT', 'PN']);

/** What stands in the upper half of the bytes (G1), by the number of its registration: the Encoding Standard's name. */
const UPPER: Readonly<Record<number, string>> = {
  6: 'latin1',
  13: 'shift_jis',
  58: 'gb18030',
  100: 'latin1',
  101: 'iso-8859-2',
  109: 'iso-8859-3',
  110: 'iso-8859-4',
  126: 'iso-8859-7',
  127: 'iso-8859-6',
  138: 'iso-8859-8',
  144: 'iso-8859-5',
  148: 'windows-1254',
  149: 'euc-kr',
  166: 'windows-874',
  192: 'utf-8',
  203: 'iso-8859-15',
};

/** What escape sequences put into the upper half (PS3.3 tables C.12-3 and C.12-4): those that stand behind ESC. */
const UPPER_ESCAPES: Readonly<Record<string, number>> = {
  '-A': 100,
  '-B': 101,
  '-C': 109,
  '-D': 110,
  '-F': 126,
  '-G': 127,
  '-H': 138,
  '-L': 144,
  '-M': 148,
  '-T': 166,
  '-b': 203,
  ')I': 13,
  '$)A': 58,
  '$)C': 149,
};

/** The same for the lower half (G0): ASCII, its Japanese kin, and the two sets of two bytes for each character. */
const LOWER_ESCAPES: Readonly<Record<string, 'ascii' | 'jis-x-0208' | 'jis-x-0212'>> = {
  '(B': 'ascii',
  '(J': 'ascii',
  $B: 'jis-x-0208',
  '$@': 'jis-x-0208',
  '$(D': 'jis-x-0212',
};

const ESCAPE = 0x1b;

/**
 * Text of a value. Bytes that are no text of their character set, and sets nobody knows, are read as ISO 8859-1, which
 * gives every byte a character: equal bytes stay equal text, which is all that pseudonyms need.
 */
export function decodeText(bytes: Buffer, vr: string, characterSets: readonly string[]): string {
  if (!AFFECTED.has(vr) || isAscii(bytes)) return bytes.toString('latin1');
  try {
    const [only = '', ...others] = characterSets;
    const number = registrationOf(only);
    // Without code extensions one encoding is that of all bytes.
    if (others.length === 0 && !bytes.includes(ESCAPE)) return decoded(bytes, encodingOf(only));
    const upper = [number, ...others.map(registrationOf)].map((one) => (one === undefined ? undefined : UPPER[one]));
    return decodeExtended(bytes, vr, upper.find((name) => name !== undefined) ?? 'latin1');
  } catch {
    return bytes.toString('latin1');
  }
}

/** Number of a defined term (PS3.3 C.12.1.1.2), also where it is written with other strokes than the standard has. */
function registrationOf(term: string): number | undefined {
  const [, number] = /^ISO[ _-]*(?:2022)?[ _-]*IR[ _-]*(\d{1,3})$/i.exec(term) ?? [];
  return number === undefined ? undefined : Number(number);
}

/** What is no term of DICOM may be a name of the Encoding Standard, such as GB18030, which is both. */
function encodingOf(term: string): string {
  const number = registrationOf(term);
  if (number !== undefined) return UPPER[number] ?? 'latin1';
  return term === '' ? 'latin1' : term;
}

/** @throws for bytes that are no text of the encoding, and an encoding that nobody knows */
function decoded(bytes: Uint8Array, encoding: string): string {
  if (encoding === 'latin1') return Buffer.from(bytes).toString('latin1');
  return new TextDecoder(encoding, { fatal: true }).decode(bytes);
}

/**
 * Text with code extensions (PS3.5 section 6.1.2.5): escape sequences switch sets, and each part of a value begins with
 * the first one again.
 *
 * @param first encoding of the upper half where nothing was switched yet
 * @throws for bytes that are no text of their set
 */
function decodeExtended(bytes: Buffer, vr: string, first: string): string {
  const delimiters = delimitersOf(vr);
  let text = '';
  let [lower, upper] = ['ascii', first];
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] === ESCAPE) {
      const [sequence, lowerSet, upperSet] = escapeAt(bytes, at + 1);
      lower = lowerSet ?? lower;
      upper = upperSet === undefined ? upper : UPPER[upperSet]!;
      at += 1 + sequence.length;
      continue;
    }
    let end = at;
    while (end < bytes.length && bytes[end] !== ESCAPE && (lower !== 'ascii' || !delimiters.has(bytes[end]!))) end++;
    text += lower === 'ascii' ? decoded(bytes.subarray(at, end), upper) : twoBytes(bytes.subarray(at, end), lower);
    at = end;
    if (end === bytes.length || bytes[end] === ESCAPE) continue;
    text += String.fromCharCode(bytes[at++]!);
    [lower, upper] = ['ascii', first];
  }
  return text;
}

/** Line ends and tabulators, of values that can be several the backslash, of names what divides their components. */
function delimitersOf(vr: string): ReadonlySet<number> {
  const more = vr === 'PN' ? '\\^=' : ['ST', 'LT', 'UT'].includes(vr) ? '' : '\\';
  return new Set(Buffer.from(`\t\n\f\r${more}`));
}

function escapeAt(bytes: Buffer, at: number): [sequence: string, lower: string | undefined, upper: number | undefined] {
  for (const length of [3, 2]) {
    const sequence = bytes.toString('latin1', at, at + length);
    const [lower, upper] = [LOWER_ESCAPES[sequence], UPPER_ESCAPES[sequence]];
    if (lower !== undefined || upper !== undefined) return [sequence, lower, upper];
  }
  throw new Error('no escape sequence of DICOM');
}

/** EUC-JP has both sets of two bytes in its upper half, the second one behind 0x8F. */
function twoBytes(bytes: Buffer, set: string): string {
  const shifted = bytes.map((byte) => byte | 0x80);
  if (set === 'jis-x-0208') return decoded(shifted, 'euc-jp');
  const pairs = Array.from({ length: Math.ceil(shifted.length / 2) }, (_, index) => [
    0x8f,
    ...shifted.subarray(2 * index, 2 * index + 2),
  ]);
  return decoded(Uint8Array.from(pairs.flat()), 'euc-jp');
}

function isAscii(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte > 0x7e || byte === ESCAPE) return false;
  return true;
}
