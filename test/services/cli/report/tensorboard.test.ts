import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c } from '../../../../services/cli/report/crc32c.js';
import { encodeEventFile, eventFileName, scalarEvents } from '../../../../services/cli/report/tensorboard.js';
import { tfRecord } from '../../../../services/cli/report/tf-record.js';
import { TrainingHistory } from '../../../../services/cli/launcher/state/training-history.js';

test('CRC-32C gives the published vectors', () => {
  // RFC 3720 B.4 (as numbers), and the check value of the CRC catalogue.
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e);
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
});

test('the first record of an event file is, byte for byte, what TensorBoard writes', () => {
  // tensorboard 2.21 RecordWriter, Event(wall_time=1.5, file_version="brain.Event:2").
  const expected = '1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c';
  assert.equal(encodeEventFile([], 1500).toString('hex'), expected);
});

test('a scalar is, byte for byte, what TensorBoard writes', () => {
  // The same, Event(wall_time=2.25, step=300, summary=Summary(value=[Value(tag="valid_loss", simple_value=0.75)])).
  const expected = '2100000000000000017becf609000000000000024010ac022a130a110a0a76616c69645f6c6f7373150000403f5284e868';
  const [version, whole] = [
    encodeEventFile([], 1500),
    encodeEventFile([{ tag: 'valid_loss', step: 300, value: 0.75, timeUnixMs: 2250 }], 1500),
  ];
  assert.equal(whole.subarray(version.length).toString('hex'), expected);
});

test('the four curves have the names that are asked for, and come in order of time', () => {
  const history = new TrainingHistory();
  history.addTraining({
    step: 5,
    epoch: 0,
    samples: 50,
    loss: 2,
    accuracy: 0.25,
    imagesPerSecond: 1,
    learningRate: 0.1,
    timeUnixMs: 10,
  });
  history.addValidation({
    step: 5,
    epoch: 0,
    samples: 9,
    loss: 1,
    accuracy: 0.5,
    version: '',
    promoted: false,
    timeUnixMs: 20,
  });
  assert.deepEqual(
    scalarEvents(history).map(({ tag, step, value }) => [tag, step, value]),
    [
      ['train_loss', 5, 2],
      ['train_accuracy', 5, 0.25],
      ['valid_loss', 5, 1],
      ['valid_accuracy', 5, 0.5],
    ],
  );
  assert.equal(eventFileName(1_700_000_000_999), 'events.out.tfevents.1700000000.sulcus');
});

test('a record states its length and holds its content', () => {
  const record = tfRecord(Buffer.from('abc'));
  assert.equal(record.readBigUInt64LE(0), 3n);
  assert.equal(record.subarray(12, 15).toString(), 'abc');
  assert.equal(record.length, 19);
});
