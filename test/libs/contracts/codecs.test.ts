import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { codecs, packageDefinition, PROTO_FILES, PROTO_FOLDER } from '#libs/contracts';

describe('codecs', () => {
  it('bring a message back as it was, bytes and choices included', () => {
    const scan = codecs.Scan.decode(codecs.Scan.encode({ sampleId: 'ab', split: 'SPLIT_TEST', image: { inline: Buffer.from([1, 2, 3]) }, receivedUnixMs: 1_790_000_000_123 }));
    assert.equal(scan.split, 'SPLIT_TEST');
    assert.equal(scan.image?.content, 'inline');
    assert.deepEqual([...scan.image.inline!], [1, 2, 3]);
    assert.equal(scan.receivedUnixMs, 1_790_000_000_123);
  });

  it('refuse bytes that are no such message with MESSAGE_INVALID', () => {
    assert.throws(() => codecs.Scan.decode(Buffer.from([0x0a, 0xff, 0xff])), { code: 'MESSAGE_INVALID' });
  });
});

describe('definitions', () => {
  it('load every proto file of the project', () => {
    const files = readdirSync(PROTO_FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.proto'));
    assert.deepEqual([...PROTO_FILES].sort(), files.sort());
    for (const service of ['sulcus.v1.Predictor', 'sulcus.v1.Ingest', 'inference.GRPCInferenceService']) assert.ok(service in packageDefinition, service);
  });
});
