import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, mock, test } from 'node:test';
import type { SulcusError } from '#libs/errors';
import { decodeSafetensors, encodeSafetensors, initialState } from '#libs/nn';
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

test('what cannot be read is refused with what to do', async () => {
  await assert.rejects(main(['import', 'weights.pth', '--model', 'resnet50']), invalid(/safetensors\.torch\.save_file/));
  await assert.rejects(main(['import', join(folder, 'none.safetensors'), '--model', 'resnet50']), invalid(/cannot be read/));
  await assert.rejects(main(['import', 'x.safetensors', '--model', 'resnet19']), invalid(/there are .*resnet50/));
  await assert.rejects(main(['import', 'x.safetensors']), invalid(/--model is not given/));
  await assert.rejects(main(['exprot']), invalid(/there are import and export/));
});
