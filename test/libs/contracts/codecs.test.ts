import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { codecs, packageDefinition, PROTO_FILES, PROTO_FOLDER } from '#libs/contracts';

describe('codecs', () => {
  it('bring a message back as it was, bytes and choices included', () => {
    const scan = codecs.Scan.decode(
      codecs.Scan.encode({
        sampleId: 'ab',
        split: 'SPLIT_TEST',
        image: { inline: Buffer.from([1, 2, 3]) },
        receivedUnixMs: 1_790_000_000_123,
      }),
    );
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
  it('carry a comment on every message, rpc, field and value', () => {
    const declaration = /^(message|service|rpc|enum) |^(repeated |optional )?[\w.]+ \w+ = \d+;|^[A-Z_]+ = \d+;/;
    for (const file of PROTO_FILES.filter((name) => name.startsWith('sulcus/'))) {
      const lines = readFileSync(path.join(PROTO_FOLDER, file), 'utf8')
        .split('\n')
        .map((line) => line.trim());
      const bare = lines.filter((line, index) => declaration.test(line) && !lines[index - 1]!.startsWith('//'));
      assert.deepEqual(bare, [], file);
    }
  });

  it('load every proto file of the project', () => {
    const files = readdirSync(PROTO_FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.proto'),
    );
    assert.deepEqual([...PROTO_FILES].sort(), files.sort());
    for (const service of ['sulcus.v1.Predictor', 'sulcus.v1.Ingest', 'inference.GRPCInferenceService'])
      assert.ok(service in packageDefinition(), service);
  });
});
