import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, mock, test } from 'node:test';
import { connectBus } from '#libs/bus';
import { decodeImage } from '#libs/imaging';
import { decodeSafetensors, encodeSafetensors, initialState } from '#libs/nn';
import { Registry } from '#libs/registry';
import { cardDraft } from '../../../helpers/cards.js';
import { isCode } from '../../../helpers/errors.js';
import { startNats } from '../../../helpers/nats.js';
import { main } from '../../../../services/cli/commands/weights/weights.js';

const config = {
  architecture: 'resnet10-slim',
  classes: 4,
  input: { height: 64, width: 64, channels: 3 },
  normalize: { mean: [0.5], std: [0.5] },
  precision: 'float32',
} as const;
const invalid = (text: RegExp) => isCode('INVALID_CONFIG', text);

let folder: string;
before(async () => (folder = await mkdtemp(join(tmpdir(), 'sulcus-weights-'))));
after(() => rm(folder, { recursive: true }));

test('sulcus weights import reports what fits and writes a last layer for the classes asked for', async () => {
  const [from, to] = [join(folder, 'pretrained.safetensors'), join(folder, 'deep', 'out.safetensors')];
  await writeFile(
    from,
    encodeSafetensors(new Map([...initialState(config, 1)].map(([name, tensor]) => [`module.${name}`, tensor]))),
  );
  const log = mock.method(console, 'log', () => undefined);
  await main(['import', from, '--model', 'resnet10-slim', '--classes', '2', '--output', to]).finally(() =>
    log.mock.restore(),
  );
  const text = log.mock.calls.map((call) => String((call.arguments as unknown[])[0])).join('\n');
  assert.match(text, /fc\.weight \[2, 256\] initialised anew, in the file it is \[4, 256\]/);
  const { state, metadata } = decodeSafetensors(await readFile(to));
  assert.equal(metadata['architecture'], 'resnet10-slim');
  assert.deepEqual(state.get('fc.weight')!.shape, [2, 256]);
  assert.deepEqual(state.get('conv1.weight'), initialState(config, 1).get('conv1.weight'));
});

test('sulcus weights export and picture read a version from the registry that SULCUS_NATS_URL names', async () => {
  const nats = await startNats();
  const bus = await connectBus({ servers: nats.url, name: 'test' });
  const log = mock.method(console, 'log', () => undefined);
  try {
    await bus.ensureTopology();
    const weights = encodeSafetensors(initialState(config, 1));
    const { version } = await new Registry(bus).publish(
      cardDraft({
        architecture: config.architecture,
        classes: ['a', 'b', 'c', 'd'],
        input: { ...config.input, range: [0, 255], normalize: config.normalize },
      }),
      { weights },
    );
    await main(['export', version, '--nats', nats.url, '--out', join(folder, 'exported.safetensors')]);
    assert.ok((await readFile(join(folder, 'exported.safetensors'))).equals(weights));
    await main(['export', version, '--nats', nats.url, '--format', 'saved-model', '--out', join(folder, 'exported')]);
    assert.ok((await readFile(join(folder, 'exported', 'saved_model.pb'))).includes('serving_default'));
    process.env['SULCUS_NATS_URL'] = nats.url;
    await main(['export', version, '--output', join(folder, 'again.safetensors')]);
    assert.ok((await readFile(join(folder, 'again.safetensors'))).equals(weights));
    await main(['picture', version, '--output', join(folder, 'version-layers')]);
    assert.ok((await readdir(join(folder, 'version-layers'))).includes('conv1.weight.png'));
    await assert.rejects(main(['export', 'main-000009', '--nats', nats.url]), isCode('NOT_FOUND'));
  } finally {
    delete process.env['SULCUS_NATS_URL'];
    log.mock.restore();
    await bus.drain();
    await nats.stop();
  }
});

test('sulcus weights import reads files of Keras, and refuses what is not of the network', async () => {
  const keras = (name: string): string => join(import.meta.dirname, '../../../fixtures/nn', name);
  for (const file of ['keras-model.h5', 'keras.weights.h5']) {
    await assert.rejects(
      main(['import', keras(file), '--model', 'vgg16']),
      isCode('MODEL_INVALID', /features\.0\.weight is missing/),
    );
  }
  await assert.rejects(main(['import', keras('keras.weights.h5'), '--model', 'resnet50']), /--model resnet50_keras/);
  await assert.rejects(
    main(['import', 'model.keras', '--model', 'vgg16']),
    invalid(/save_weights\("model\.weights\.h5"\)/),
  );
});

test('sulcus weights picture draws each layer: a tile per kernel, 0 mid-grey, a first layer in colours', async () => {
  const [file, out] = [join(folder, 'drawn.safetensors'), join(folder, 'drawn-layers')];
  // The first filter: red 1 at the top left, blue -1 at the bottom right, 0 elsewhere.
  const filter = new Float32Array(2 * 3 * 3 * 3);
  filter[0] = 1;
  filter[2 * 9 + 8] = -1;
  await writeFile(
    file,
    encodeSafetensors(
      new Map([
        ['conv1.weight', { shape: [2, 3, 3, 3], data: filter }],
        ['bn1.weight', { shape: [2], data: new Float32Array(2) }],
        ['fc.weight', { shape: [2, 5], data: Float32Array.of(0.5, 0, 0, 0, 0, 0, 0, 0, 0, -0.5) }],
      ]),
    ),
  );
  const log = mock.method(console, 'log', () => undefined);
  await main(['picture', file, '--out', out]).finally(() => log.mock.restore());
  assert.deepEqual((await readdir(out)).sort(), ['conv1.weight.png', 'fc.weight.png']);
  // Two tiles side by side, each value four pixels wide.
  const conv = await decodeImage(await readFile(join(out, 'conv1.weight.png')));
  const pixel = ({ width, channels, data }: typeof conv, x: number, y: number): number[] => [
    ...data.subarray((y * width + x) * channels, (y * width + x + 1) * channels),
  ];
  assert.deepEqual([conv.width, conv.height, conv.channels], [27, 14, 3]);
  assert.deepEqual(
    [pixel(conv, 1, 1), pixel(conv, 4, 4), pixel(conv, 5, 1), pixel(conv, 12, 12), pixel(conv, 14, 1)],
    [
      [255, 128, 128],
      [255, 128, 128],
      [128, 128, 128],
      [128, 128, 1],
      [128, 128, 128],
    ],
  );
  const linear = await decodeImage(await readFile(join(out, 'fc.weight.png')));
  assert.deepEqual(
    [linear.width, linear.height, linear.channels, pixel(linear, 1, 1), pixel(linear, 64, 25)],
    [66, 27, 1, [255], [1]],
  );
});

test('what cannot be read is refused with what to do', async () => {
  await assert.rejects(
    main(['import', 'weights.pth', '--model', 'resnet50']),
    invalid(/safetensors\.torch\.save_file/),
  );
  await assert.rejects(
    main(['import', join(folder, 'none.safetensors'), '--model', 'resnet50']),
    invalid(/cannot be read/),
  );
  await assert.rejects(main(['import', 'x.safetensors', '--model', 'resnet19']), invalid(/there are .*resnet50/));
  await assert.rejects(main(['import', 'x.safetensors']), invalid(/--model is not given/));
  await assert.rejects(main(['exprot']), invalid(/unknown command 'exprot'/));
});
