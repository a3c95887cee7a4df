import { isUtf8 } from 'node:buffer';

const LINE_END = 0x0a;

/** The encoding that a file names itself: UTF-16 begins with a mark. */
export function encodingOfMark(text: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  if (text[0] === 0xff && text[1] === 0xfe) return 'utf-16le';
  return text[0] === 0xfe && text[1] === 0xff ? 'utf-16be' : undefined;
}

/** The first line, from 1, that is in another encoding than UTF-8; undefined when there is none. */
export function lineOfOtherEncoding(text: Buffer): number | undefined {
  if (isUtf8(text)) return undefined;
  for (let at = 0, line = 1; ; line++) {
    const end = text.indexOf(LINE_END, at);
    if (end < 0 || !isUtf8(text.subarray(at, end))) return line;
    at = end + 1;
  }
}

const DELIMITERS = [',', '\t', ';', '|'];

/**
 * What stands between the values: what a line such as `sep=;` says, as spreadsheets write it before the first one, or
 * the first of the usual ones that the first line holds.
 *
 * @returns `linesBefore`: lines before that of the names
 */
export function delimiterOf(text: Buffer): { delimiter: string; linesBefore: number } {
  const start = text.toString('utf8', 0, 4000);
  const first = start.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)[0]!;
  const said = /^"?sep=(.)"?$/i.exec(first)?.[1];
  if (said !== undefined) return { delimiter: said, linesBefore: 1 };
  const unquoted = first.replace(/"[^"]*"/g, '');
  return { delimiter: DELIMITERS.find((delimiter) => unquoted.includes(delimiter)) ?? ',', linesBefore: 0 };
}
