import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeText } from '../../../libs/dicom/data-set/character-sets.js';

const read = (sets: string, bytes: string, vr = 'PN'): string =>
  decodeText(Buffer.from(bytes, 'latin1'), vr, sets.split('\\'));

describe('names with code extensions are those of the examples of PS3.5', () => {
  it('Japanese, H.3.1: Kanji behind the default repertoire', () => {
    const bytes = 'Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B';
    assert.equal(read('\\ISO 2022 IR 87', bytes), 'Yamada^Tarou=山田^太郎=やまだ^たろう');
  });

  it('Japanese, H.3.2: Kanji behind half-width Katakana', () => {
    const bytes =
      '\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J';
    assert.equal(read('ISO 2022 IR 13\\ISO 2022 IR 87', bytes), 'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう');
    assert.equal(read('ISO_IR 13\\ISO 2022 IR 87', bytes), 'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう');
  });

  it('Korean, I.2: the escape sequence stands in each component', () => {
    const bytes = 'Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf';
    assert.equal(read('\\ISO 2022 IR 149', bytes), 'Hong^Gildong=洪^吉洞=홍^길동');
  });

  it('Chinese, K.2: GB 2312 behind the default repertoire', () => {
    const bytes = 'Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=';
    assert.equal(read('\\ISO 2022 IR 58', bytes), 'Zhang^XiaoDong=张^小东=');
  });

  it('Chinese, J.3 and J.4: GB18030 and GBK without extensions', () => {
    const bytes = 'Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=';
    for (const set of ['GB18030', 'GBK']) assert.equal(read(set, bytes), 'Wang^XiaoDong=王^小东=');
  });
});

describe('code extensions', () => {
  it('each component of a name, and each value, begins with the first set again', () => {
    assert.equal(read('ISO 2022 IR 100\\ISO 2022 IR 149', '\xe7^\x1b$)C\xa4\xba^\xe7'), 'ç^ㅊ^ç');
    assert.equal(read('ISO 2022 IR 100\\ISO 2022 IR 144', '\x1b-L\xbf\\\xe7', 'LO'), 'П\\ç');
    assert.equal(read('ISO 2022 IR 100\\ISO 2022 IR 144', '\x1b-L\xbf\r\n\xe7', 'LT'), 'П\r\nç');
  });

  it('the second Japanese set of two bytes is known too', () => {
    assert.equal(read('\\ISO 2022 IR 87\\ISO 2022 IR 159', '\x1b$(D\x30\x21\x1b(B'), '丂');
  });

  it('terms that are written with other strokes, and names of encodings that are no terms, are understood', () => {
    for (const set of ['ISO_IR 100', 'ISO_IR_100', 'ISO-IR 100', 'ISO IR 100', 'iso_ir 100'])
      assert.equal(read(set, '\xe9'), 'é', set);
    for (const set of ['ISO_IR 192', 'ISO_IR_192', 'UTF-8', 'utf8']) assert.equal(read(set, '\xc3\xa9'), 'é', set);
    assert.equal(read('ISO_IR 149', '\xb1\xe6\xb5\xbf'), '길동');
  });

  it('what is no text of its set is the same each time', () => {
    for (const bytes of ['\x1b$B;', '\x1b$)C\xff\xff', '\x1bXY\xe9', '\x1b'])
      assert.equal(read('\\ISO 2022 IR 87', bytes), bytes);
  });
});
