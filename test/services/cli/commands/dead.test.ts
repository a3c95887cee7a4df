import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connectBus, subjects, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { lastDecision } from '#libs/decisions';
import { commandOutput } from '../../../helpers/command-output.js';
import { isCode } from '../../../helpers/errors.js';
import { startNats, type TestNats } from '../../../helpers/nats.js';
import { publishScan } from '../../../helpers/scans.js';
import { main } from '../../../../services/cli/commands/dead/dead.js';

describe('sulcus dead', () => {
  let nats: TestNats;
  let bus: Bus;
  let folder: string;
  let sampleId: string;

  const dead = (...words: string[]): Promise<string> => commandOutput(main, [...words, '--nats', nats.url]);

  before(async () => {
    nats = await startNats();
    bus = await connectBus({ servers: nats.url, name: 'test' });
    await bus.ensureTopology();
    folder = await mkdtemp(path.join(tmpdir(), 'sulcus-dead-'));
    await bus.deadLetter({ service: 'ingest', code: 'IMAGE_EMPTY', cause: 'zero bytes', source: 'a.jpg' });
    sampleId = (await publishScan(bus, Buffer.from('an image'), { label: 'left' })).sampleId;
    const { message, subject } = (await bus.get('SCANS', 1, codecs.Scan))!;
    await bus.deadLetter({
      service: 'preprocess',
      code: 'IMAGE_UNDECODABLE',
      cause: 'no image',
      source: 'SCANS/1',
      originalType: codecs.Scan.typeName,
      original: { inline: codecs.Scan.encode(message) },
      subject,
    });
  });

  after(async () => {
    process.exitCode = 0;
    await bus.drain();
    await nats.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('lists what could not be used with its cause, and names a message that is no dead letter', async () => {
    await bus.publish(subjects.dead('foreign'), codecs.LabelEvent, { label: 'x' });
    const lines = (await dead('list', '--json')).split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(
      lines.map(({ number, code }) => [number, code]),
      [
        [1, 'IMAGE_EMPTY'],
        [2, 'IMAGE_UNDECODABLE'],
        [3, 'MESSAGE_INVALID'],
      ],
    );
    assert.match(await dead('list', '--service', 'preprocess'), /SCANS\/1 +no image/);
  });

  it('shows one, and writes its original byte for byte', async () => {
    const file = path.join(folder, 'original');
    const shown = JSON.parse(await dead('show', '2', '--output', file)) as { cause: string; originalBytes: number };
    assert.equal(shown.cause, 'no image');
    const original = await readFile(file);
    assert.equal(original.length, shown.originalBytes);
    assert.equal(codecs.Scan.decode(original).sampleId, sampleId);
  });

  it('sends a scan to SCANS again at a new place, where audits find where it was, and settles the letter', async () => {
    assert.match(await dead('retry', '2'), /number 2/);
    const { sequence, headers } = (await bus.getLast('SCANS', subjects.scanOf(sampleId), codecs.Scan))!;
    assert.deepEqual([sequence, headers.get('Sulcus-Earlier-Sequences')], [2, '1']);
    await assert.rejects(dead('show', '2'), isCode('NOT_FOUND'));
    assert.match((await lastDecision(bus, 'KIND_DEAD_LETTER_SETTLED', 'preprocess'))!.reason, /dead letter 2.*again/);
  });

  it('tells why a refused file is not sent again, and keeps it', async () => {
    await dead('retry', '1');
    assert.equal(process.exitCode, 1);
    assert.match(await dead('show', '1'), /zero bytes/);
  });

  it('discards with a reason that goes on record', async () => {
    await dead('discard', '1', '--reason', 'a test image');
    await assert.rejects(dead('show', '1'), isCode('NOT_FOUND'));
    assert.match((await lastDecision(bus, 'KIND_DEAD_LETTER_SETTLED', 'ingest'))!.reason, /discarded: a test image/);
  });

  it('discards what is no dead letter too, and writes no file for a letter without its original', async () => {
    await dead('discard', '3', '--reason', 'foreign');
    assert.equal(await bus.get('DEAD', 3, codecs.DeadLetter), undefined);
    assert.match((await lastDecision(bus, 'KIND_DEAD_LETTER_SETTLED', 'unknown'))!.reason, /discarded: foreign/);
    await bus.deadLetter({ service: 'ingest', code: 'IMAGE_EMPTY', cause: 'zero bytes', source: 'b.jpg' });
    const { lastSequence } = await bus.statsOf('DEAD');
    const output = path.join(folder, 'none');
    await assert.rejects(dead('show', String(lastSequence), '--output', output), isCode('NOT_FOUND'));
  });
});
