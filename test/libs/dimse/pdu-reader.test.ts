import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PduReader, type StoreMessage } from '../../../libs/dimse/pdu-reader.js';
import { heldBytes } from '../../helpers/held-bytes.js';
import { C_STORE, COMMAND, command, DATA, LAST_COMMAND, LAST_DATA, pData, unit } from './_pdus.js';

/** A request of C-STORE that says that no data set follows. */
function withoutDataSet(): Buffer {
  const type = Buffer.from([0, 0, 0, 8, 2, 0, 0, 0, 1, 1]);
  return Buffer.concat([command(0x0001), type]);
}

const N_ACTION = command(0x0130);

function read(stream: Buffer, chunkBytes = stream.length, maxObjectBytes = 1000) {
  const units: Buffer[] = [];
  const objects: (Buffer | undefined)[] = [];
  const violations: string[] = [];
  const reader: PduReader = new PduReader({
    maxObjectBytes,
    onViolation: (detail) => violations.push(detail),
    onUnit: (one) => {
      units.push(one);
      if (one[0] === 4 && one[11] === LAST_DATA) objects.push(reader.takeObject());
    },
  });
  for (let at = 0; at < stream.length; at += chunkBytes) reader.read(stream.subarray(at, at + chunkBytes));
  return { units, objects, violations };
}

describe('protocol data units cut out of a stream', () => {
  const object = Buffer.from(Array.from({ length: 300 }, (_, at) => at & 0xff));
  const stream = Buffer.concat([
    unit(1, Buffer.alloc(70, 7)),
    pData([LAST_COMMAND, C_STORE], [DATA, object.subarray(0, 100)]),
    pData([DATA, object.subarray(100, 101)]),
    pData([DATA, Buffer.alloc(0)], [LAST_DATA, object.subarray(101)]),
    pData([COMMAND, N_ACTION.subarray(0, 9)]),
    pData([LAST_COMMAND, N_ACTION.subarray(9)]),
    pData([LAST_DATA, Buffer.from('request')]),
    pData([LAST_COMMAND, C_STORE]),
    pData([LAST_DATA, Buffer.from('again')]),
    unit(5, Buffer.alloc(4)),
  ]);
  const expected = [
    unit(1, Buffer.alloc(70, 7)),
    pData([LAST_COMMAND, C_STORE]),
    pData([LAST_DATA, Buffer.alloc(0)]),
    pData([COMMAND, N_ACTION.subarray(0, 9)]),
    pData([LAST_COMMAND, N_ACTION.subarray(9)]),
    pData([LAST_DATA, Buffer.alloc(0)]),
    pData([LAST_COMMAND, C_STORE]),
    pData([LAST_DATA, Buffer.alloc(0)]),
    unit(5, Buffer.alloc(4)),
  ];

  for (const chunkBytes of [1, 2, 3, 7, 64, 10_000])
    it(`are whole, and data sets apart, in pieces of ${chunkBytes} bytes`, () => {
      const { units, objects, violations } = read(stream, chunkBytes);
      assert.deepEqual(units, expected);
      assert.deepEqual(objects, [object, Buffer.from('request'), Buffer.from('again')]);
      assert.deepEqual(violations, []);
    });

  for (const chunkBytes of [1, 7, 64, 10_000])
    it(`of C-STORE are none where requests are taken whole, in pieces of ${chunkBytes} bytes`, () => {
      const units: Buffer[] = [];
      const stores: StoreMessage[] = [];
      const reader = new PduReader({
        ...{ maxObjectBytes: 1000, onUnit: (one) => units.push(one), onViolation: assert.fail },
        onStore: (message) => stores.push(message),
      });
      // The data set of the last request but one does not come.
      const [half, bare] = [pData([LAST_COMMAND, C_STORE], [DATA, object]), pData([LAST_COMMAND, withoutDataSet()])];
      const all = Buffer.concat([stream, half, pData([LAST_COMMAND, C_STORE], [LAST_DATA, object]), bare]);
      for (let at = 0; at < all.length; at += chunkBytes) reader.read(all.subarray(at, at + chunkBytes));
      assert.deepEqual(units, [expected[0], ...expected.slice(3, 6), expected.at(-1)]);
      assert.deepEqual(
        stores.map(({ contextId, command: { field }, object: taken }) => [contextId, field, taken]),
        // What nobody took of the message in between is no part of any.
        [object, Buffer.from('again'), object, Buffer.alloc(0)].map((taken) => [1, 1, taken]),
      );
    });

  it('a data set beyond the limit is let go, the next one is taken', () => {
    const store = (bytes: number): Buffer =>
      Buffer.concat([pData([LAST_COMMAND, C_STORE]), pData([LAST_DATA, Buffer.alloc(bytes)])]);
    const { objects, violations } = read(Buffer.concat([store(1001), store(1000)]), 100);
    assert.deepEqual(objects, [undefined, Buffer.alloc(1000)]);
    assert.deepEqual(violations, []);
  });

  it('what is no unit, or longer than any, ends it: nothing behind it is read', () => {
    const after = pData([LAST_COMMAND, C_STORE]);
    const wrong: readonly (readonly [string, Buffer])[] = [
      ['a long unit', Buffer.from([1, 0, 0xff, 0xff, 0xff, 0xf0])],
      ['text', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
      ['a fragment longer than its unit', unit(4, Buffer.from([0, 0, 1, 0, 1, 3]))],
      ['a fragment without header', unit(4, Buffer.from([0, 0, 0]))],
      ['a fragment of no bytes', unit(4, Buffer.from([0, 0, 0, 0, 1, 3]))],
    ];
    for (const [what, bytes] of wrong) {
      const { units, violations } = read(Buffer.concat([bytes, after]), 5);
      assert.equal(violations.length, 1, what);
      assert.deepEqual(units, [], what);
    }
  });

  it('a message that is no C-STORE and never ends is cut off at 16 MiB', () => {
    const part = pData([DATA, Buffer.alloc(900_000)]);
    const endless = Buffer.concat([pData([LAST_COMMAND, N_ACTION]), ...Array<Buffer>(20).fill(part)]);
    const { violations, units } = read(endless);
    assert.match(violations[0]!, /a message of 1\d{7} bytes/);
    assert.ok(units.length < 21);
  });

  it('a data set that was given back makes room for the next; any other is left as it is', () => {
    const stores: StoreMessage[] = [];
    const reader = new PduReader({
      ...{ maxObjectBytes: 1000, onUnit: () => assert.fail('no unit'), onViolation: assert.fail },
      onStore: (message) => stores.push(message),
    });
    const send = (value: number): Buffer => {
      const stored = Buffer.alloc(300, value);
      reader.read(Buffer.concat([pData([LAST_COMMAND, C_STORE]), pData([LAST_DATA, stored])]));
      const object = stores.at(-1)!.object!;
      assert.deepEqual(object, stored);
      return object;
    };
    const [kept, first] = [send(1), send(2)];
    // Another was taken since: its buffer is not the one that was given back.
    reader.giveBackObject(kept);
    const second = send(3);
    assert.notEqual(second.buffer, first.buffer);
    reader.giveBackObject(second);
    assert.equal(send(4).buffer, second.buffer);
    for (const [object, value] of [[kept, 1] as const, [first, 2] as const])
      assert.deepEqual(object, Buffer.alloc(300, value));
  });

  it('a command that never ends is cut off at 64 KiB, however small its fragments', () => {
    for (const bytes of [0, 1, 1000]) {
      const part = pData([COMMAND, Buffer.alloc(bytes)]);
      const { violations, units } = read(Buffer.concat(Array<Buffer>(20_000).fill(part)));
      assert.match(violations[0]!, /a command of 6\d{4} bytes/);
      assert.deepEqual(units, []);
    }
  });

  it('data before there is an association is none of the protocol', () => {
    const [units, violations]: [Buffer[], string[]] = [[], []];
    let isAssociated = false;
    const reader = new PduReader({
      ...{ maxObjectBytes: 1000, onViolation: (detail) => violations.push(detail) },
      onUnit: (one) => {
        units.push(one);
        isAssociated = true;
      },
      mayCarryData: () => isAssociated,
    });
    const early = new PduReader({
      ...{ maxObjectBytes: 1000, onUnit: () => assert.fail(), onViolation: (detail) => violations.push(detail) },
      mayCarryData: () => false,
    });
    early.read(pData([LAST_COMMAND, C_STORE]));
    assert.deepEqual(violations, ['data without an association']);
    reader.read(Buffer.concat([unit(1, Buffer.alloc(70)), pData([LAST_COMMAND, N_ACTION])]));
    assert.equal(units.length, 2);
    assert.equal(violations.length, 1);
  });

  it('an object in fragments of a byte takes hardly more room than its bytes', () => {
    const bytes = 500_000;
    const stores: StoreMessage[] = [];
    const reader = new PduReader({
      ...{ maxObjectBytes: bytes, onUnit: () => assert.fail(), onViolation: assert.fail },
      onStore: (message) => stores.push(message),
    });
    const many = pData(...Array.from({ length: 1000 }, () => [DATA, Buffer.from([7])] as const));
    reader.read(pData([LAST_COMMAND, C_STORE]));
    const before = heldBytes();
    for (let at = 0; at < bytes; at += 1000) reader.read(Buffer.from(many));
    const held = heldBytes() - before;
    assert.ok(held < 10 * bytes, `${held} bytes are held`);
    reader.read(pData([LAST_DATA, Buffer.alloc(0)]));
    assert.ok(stores[0]!.object!.equals(Buffer.alloc(bytes, 7)));
  });
});
