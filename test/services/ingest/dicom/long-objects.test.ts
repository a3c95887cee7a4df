import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { Sequencer } from '#libs/async';
import { parseDicom } from '#libs/dicom';
import { LongObjects } from '../../../../services/ingest/sources/dicom/long-objects.js';
import { followTurns } from '../../../helpers/longest-turn.js';
import { createIngestor, readScans, startHarness } from '../_ingest.js';
import { sliceBytes } from './_objects.js';

/** Attributes that nobody knows, of eight bytes each, behind what is there. */
function withMany(bytes: Buffer, count: number): Buffer {
  const many = Buffer.alloc(8 * count);
  for (let index = 0; index < count; index++) {
    many.writeUInt16LE(0x7fe1 + 2 * (index >>> 15), 8 * index);
    many.writeUInt16LE(0x1000 + (index & 0x7fff), 8 * index + 2);
    many.write('LO', 8 * index + 4, 'latin1');
  }
  return Buffer.concat([bytes, many]);
}

/** The same object, deflated behind its header. */
function deflated(bytes: Buffer): Buffer {
  const [preamble, name] = [bytes.subarray(0, 132), Buffer.from('1.2.840.10008.1.2.1')];
  const bodyAt = 132 + 12 + bytes.readUInt32LE(140);
  const at = bytes.indexOf(name);
  assert.ok(at > 132 && at < bodyAt);
  // Its value is padded to twenty bytes; that of the deflated syntax has two more.
  const meta = Buffer.concat([
    bytes.subarray(132, at),
    Buffer.from('1.2.840.10008.1.2.1.99'),
    bytes.subarray(at + name.length + 1, bodyAt),
  ]);
  meta.writeUInt16LE(22, at - 132 - 2);
  meta.writeUInt32LE(meta.readUInt32LE(8) + 2, 8);
  return Buffer.concat([preamble, meta, deflateRawSync(bytes.subarray(bodyAt))]);
}

describe('objects of many attributes', () => {
  test('keep others waiting for a small part of the time that reading them takes', async (t) => {
    const harness = await startHarness(t);
    const { ingestor } = createIngestor(t, harness);
    await ingestor.ingestImage({ bytes: sliceBytes({}, 1), source: 'warm.dcm' });
    const bytes = withMany(sliceBytes({}, 2), 390_000);
    const startedMs = performance.now();
    parseDicom(bytes);
    const wholeMs = performance.now() - startedMs;
    const longest = followTurns();
    const outcome = await ingestor.ingestImage({ bytes, source: 'many.dcm' });
    const waitedMs = longest();
    assert.equal(outcome.kind, 'ingested');
    assert.ok(waitedMs < wholeMs / 3, `others waited ${waitedMs} ms, reading at once takes ${wholeMs} ms`);
  });

  test('are taken in the order of their tickets, also where a later one is read first', async (t) => {
    const harness = await startHarness(t);
    const { ingestor } = createIngestor(t, harness);
    const sequencer = new Sequencer();
    const first = deflated(withMany(sliceBytes({}, 1), 60_000));
    const second = withMany(sliceBytes({}, 2), 60_000);
    const outcomes = await Promise.all(
      [first, second].map((bytes, index) =>
        ingestor.ingestImage({ bytes, source: `${index}.dcm` }, { ticket: sequencer.next() }),
      ),
    );
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ['ingested', 'ingested'],
    );
    const ids = outcomes.map((outcome) => 'sampleId' in outcome && outcome.sampleId);
    assert.deepEqual(
      (await readScans(harness.bus)).map(({ message }) => message.sampleId),
      ids,
    );
  });

  test('are at work one at a time; who stops waiting takes no place', async () => {
    const objects = new LongObjects();
    const end = await objects.begin();
    const left = new AbortController();
    const leaving = objects.begin(left.signal);
    left.abort();
    await assert.rejects(leaving, { code: 'CANCELLED' });
    let isNext = false;
    const next = objects.begin().then((ended) => {
      isNext = true;
      return ended;
    });
    await new Promise(setImmediate);
    assert.equal(isNext, false);
    end();
    (await next)();
  });
});
