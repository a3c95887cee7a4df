import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readBody, readParts, type Part } from '#libs/http';
import { createRandom } from '#libs/random';
import { isCode } from '../../helpers/errors.js';
import { heldBytes } from '../../helpers/held-bytes.js';

async function partsOf(
  body: Buffer,
  boundary: string,
  { chunkBytes = body.length, maxPartBytes = 10_000 } = {},
): Promise<Part[]> {
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let at = 0; at < body.length; at += chunkBytes) yield body.subarray(at, at + chunkBytes);
  }
  const parts: Part[] = [];
  for await (const part of readParts({ chunks: chunks() }, boundary, { maxPartBytes })) parts.push(part);
  return parts;
}

const bodyOf = (
  contents: readonly Buffer[],
  boundary: string,
  headers = 'Content-Type: application/dicom\r\n',
): Buffer =>
  Buffer.concat([
    ...contents.flatMap((content) => [Buffer.from(`--${boundary}\r\n${headers}\r\n`), content, Buffer.from('\r\n')]),
    Buffer.from(`--${boundary}--\r\n`),
  ]);

describe('a multipart body', () => {
  test('gives the same parts however it is cut into pieces', async () => {
    const contents = [
      Buffer.from('plain'),
      Buffer.alloc(0),
      Buffer.from('\r\n\r\n--not the boundary\r\n--BOUNDAR\r\nY'),
      Buffer.from([0, 255, 13, 10, 45, 45, 66]),
      Buffer.from('ends in a line\r\n'),
    ];
    const body = bodyOf(contents, 'BOUNDARY');
    for (let chunkBytes = 1; chunkBytes <= body.length; chunkBytes++) {
      const parts = await partsOf(body, 'BOUNDARY', { chunkBytes });
      assert.deepEqual(
        parts.map(({ bytes }) => bytes!.toString('latin1')),
        contents.map((content) => content.toString('latin1')),
        `in pieces of ${chunkBytes}`,
      );
      assert.equal(parts[0]!.headers.get('content-type'), 'application/dicom');
    }
  });

  test('random bytes come back as they were sent', async () => {
    const random = createRandom('multipart', 1);
    for (let round = 0; round < 50; round++) {
      // Few different bytes: delimiters that nearly are one occur.
      const alphabet = Buffer.from('\r\n-AB');
      const contents = Array.from({ length: random.integer(1, 4) }, () =>
        Buffer.from(Array.from({ length: random.integer(0, 60) }, () => alphabet[random.integer(0, 4)]!)),
      ).filter((content) => !`\r\n${content.toString('latin1')}\r\n`.includes('\r\n--ABBA'));
      if (contents.length === 0) continue;
      const parts = await partsOf(bodyOf(contents, 'ABBA'), 'ABBA', { chunkBytes: random.integer(1, 20) });
      assert.deepEqual(
        parts.map(({ bytes }) => bytes!.toString('latin1')),
        contents.map((content) => content.toString('latin1')),
      );
    }
  });

  test('may begin and end in text, have blanks behind its delimiters, and parts without headers', async () => {
    const body = Buffer.from('preamble\r\n--B  \t\r\n\r\nfirst\r\n--B\r\nA: b\r\n\r\nsecond\r\n--B--\r\nepilogue --B');
    const parts = await partsOf(body, 'B', { chunkBytes: 3 });
    assert.deepEqual(
      parts.map(({ bytes }) => bytes!.toString()),
      ['first', 'second'],
    );
    assert.deepEqual(
      parts.map(({ headers }) => headers.size),
      [0, 1],
    );
  });

  test('a part that is longer than the limit is read over, and those behind it come', async () => {
    const body = bodyOf([Buffer.alloc(101, 'x'), Buffer.from('small'), Buffer.alloc(100, 'y')], 'B');
    const parts = await partsOf(body, 'B', { chunkBytes: 7, maxPartBytes: 100 });
    assert.deepEqual(
      parts.map(({ bytes }) => bytes?.length),
      [undefined, 5, 100],
    );
  });

  test('that ends early, holds no delimiter, or is followed by something else is refused', async () => {
    const whole = bodyOf([Buffer.from('content')], 'B').toString();
    for (const body of [whole.slice(0, -6), 'no delimiter', '', '--Bxx\r\n\r\n', `--B\r\n${'A: b\r\n'.repeat(2000)}`])
      await assert.rejects(partsOf(Buffer.from(body), 'B'), isCode('INVALID_ARGUMENT'), body.slice(0, 40));
  });

  test('that comes a byte at a time takes hardly more room than its bytes', async () => {
    const bytes = 200_000;
    let held = 0;
    async function* chunks(): AsyncGenerator<Buffer> {
      yield Buffer.from('--B\r\n\r\n');
      const before = heldBytes();
      for (let at = 0; at < bytes; at++) yield Buffer.from([at & 0xff]);
      held = heldBytes() - before;
      yield Buffer.from('\r\n--B--');
    }
    for await (const part of readParts({ chunks: chunks() }, 'B', { maxPartBytes: bytes }))
      assert.equal(part.bytes!.length, bytes);
    assert.ok(held < 20 * bytes, `${held} bytes are held for ${bytes}`);
    const body = await readBody({ chunks: chunks() }, bytes + 100);
    assert.equal(body.length, bytes + 14);
    assert.ok(held < 20 * bytes, `${held} bytes are held for ${bytes}`);
  });
});
