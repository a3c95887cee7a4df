/** Value representations whose text depends on the character set (PS3.5 section 6.1.2.3). */
const AFFECTED: ReadonlySet<string> = new Set(['SH', 'LO', 'ST', 'LT', 'UC', 'UT', 'PN']);

/** Defined terms of (0008,0005) (PS3.3 C.12.1.1.2) and the Encoding Standard's name for each. */
const ENCODINGS: Readonly<Record<string, string>> = {
  'ISO_IR 6': 'latin1',
  'ISO_IR 100': 'latin1',
  'ISO_IR 101': 'iso-8859-2',
  'ISO_IR 109': 'iso-8859-3',
  'ISO_IR 110': 'iso-8859-4',
  'ISO_IR 144': 'iso-8859-5',
  'ISO_IR 127': 'iso-8859-6',
  'ISO_IR 126': 'iso-8859-7',
  'ISO_IR 138': 'iso-8859-8',
  'ISO_IR 148': 'windows-1254',
  'ISO_IR 203': 'iso-8859-15',
  'ISO_IR 13': 'shift_jis',
  'ISO_IR 166': 'windows-874',
  'ISO_IR 192': 'utf-8',
  GB18030: 'gb18030',
  GBK: 'gbk',
  'ISO 2022 IR 58': 'gb18030',
  'ISO 2022 IR 149': 'euc-kr',
  'ISO 2022 IR 13': 'iso-2022-jp',
  'ISO 2022 IR 87': 'iso-2022-jp',
  'ISO 2022 IR 159': 'iso-2022-jp',
};

/**
 * Text of a value. Bytes that are no text of their character set, and sets nobody knows, are read as ISO 8859-1, which
 * gives every byte a character: equal bytes stay equal text, which is all that pseudonyms need.
 */
export function decodeText(bytes: Buffer, vr: string, characterSets: readonly string[]): string {
  if (!AFFECTED.has(vr) || isAscii(bytes)) return bytes.toString('latin1');
  const named = characterSets.find((name) => name !== '' && ENCODINGS[name.replace('ISO 2022 IR 1', 'ISO 2022 IR 1')]);
  const encoding = ENCODINGS[named ?? ''] ?? ENCODINGS[(characterSets[0] ?? '').replace('ISO 2022 IR', 'ISO_IR')];
  if (encoding === undefined || encoding === 'latin1') return bytes.toString('latin1');
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    // The escapes that switch between sets: decoders of the sets we map to leave some of them in.
    // eslint-disable-next-line no-control-regex -- ESC begins them
    return text.replace(/\x1b[$()-][@-Z]?/g, '');
  } catch {
    return bytes.toString('latin1');
  }
}

function isAscii(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte > 0x7e || byte === 0x1b) return false;
  return true;
}
