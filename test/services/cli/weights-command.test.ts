import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, mock, test } from 'node:test';
import type { SulcusError } from '#libs/errors';
import { connectBus } from '#libs/bus';
import { decodeSafetensors, encodeSafetensors, initialState } from '#libs/nn';
import { Registry } from '#libs/registry';
import { startNats } from '../../_helpers/nats.js';
import { main } from '../../../services/cli/weights-command.js';

const config = { architecture: 'resnet10-slim', classes: 4, input: { height: 64, width: 64, channels: 3 }, normalize: { mean: [0.5], std: [0.5] }, precision: 'float32' } as const;
const invalid = (text: RegExp) => (error: SulcusError) => error.code === 'INVALID_CONFIG' && text.test(error.message);

let folder: string;
before(async () => (folder = await mkdtemp(join(tmpdir(), 'sulcus-weights-'))));
after(() => rm(folder, { recursive: true }));

test('sulcus weights import reports what fits and writes a file with the last layer for the classes asked for', async () => {
  const [from, to] = [join(folder, 'pretrained.safetensors'), join(folder, 'deep', 'out.safetensors')];
  await writeFile(from, encodeSafetensors(new Map([...initialState(config, 1)].map(([name, tensor]) => [`module.${name}`, tensor]))));
  const log = mock.method(console, 'log', () => undefined);
  await main(['import', from, '--model', 'resnet10-slim', '--classes', '2', '--out', to]).finally(() => log.mock.restore());
  const text = log.mock.calls.map((call) => String((call.arguments as unknown[])[0])).join('\n');
  assert.match(text, /fc\.weight \[2, 256\] drawn anew, in the file it is \[4, 256\]/);
  const { state, metadata } = decodeSafetensors(await readFile(to));
  assert.equal(metadata['architecture'], 'resnet10-slim');
  assert.deepEqual(state.get('fc.weight')!.shape, [2, 256]);
  assert.deepEqual(state.get('conv1.weight'), initialState(config, 1).get('conv1.weight'));
});

test('sulcus weights export writes a published version: its file to the byte, or a SavedModel', async () => {
  const nats = await startNats();
  const bus = await connectBus({ servers: nats.url, name: 'test' });
  const log = mock.method(console, 'log', () => undefined);
  try {
    await bus.ensureTopology();
    const weights = encodeSafetensors(initialState(config, 1));
    const { version } = await new Registry(bus).publish(
      {
        run: 'main', architecture: config.architecture, classes: ['a', 'b', 'c', 'd'], input: { ...config.input, range: [0, 255], normalize: config.normalize }, transform: {}, transformHash: '', recipe: {}, seed: 1, step: 1, pass: 0,
        samplesSeen: 1, lineage: { scanSequences: { first: 1, last: 1, count: 1 }, ledgerHash: '' }, metrics: { validation: { loss: 1, accuracy: 1, samples: 1 } }, parameterCount: 1, codeVersion: '',
      },
      { weights },
    );
    await main(['export', version, '--nats', nats.url, '--out', join(folder, 'exported.safetensors')]);
    assert.ok((await readFile(join(folder, 'exported.safetensors'))).equals(weights));
    await main(['export', version, '--nats', nats.url, '--format', 'saved-model', '--out', join(folder, 'exported')]);
    assert.ok((await readFile(join(folder, 'exported', 'saved_model.pb'))).includes('serving_default'));
    await assert.rejects(main(['export', 'main-000009', '--nats', nats.url]), (error: SulcusError) => error.code === 'NOT_FOUND');
  } finally {
    log.mock.restore();
    await bus.drain();
    await nats.stop();
  }
});

test('what cannot be read is refused with what to do', async () => {
  await assert.rejects(main(['import', 'weights.pth', '--model', 'resnet50']), invalid(/safetensors\.torch\.save_file/));
  await assert.rejects(main(['import', join(folder, 'none.safetensors'), '--model', 'resnet50']), invalid(/cannot be read/));
  await assert.rejects(main(['import', 'x.safetensors', '--model', 'resnet19']), invalid(/there are .*resnet50/));
  await assert.rejects(main(['import', 'x.safetensors']), invalid(/--model is not given/));
  await assert.rejects(main(['exprot']), invalid(/there are import and export/));
});
