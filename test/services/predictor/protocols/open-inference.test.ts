import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { PROTO_FOLDER } from '#libs/contracts';
import { compileTransform, decodeImage } from '#libs/imaging';
import { createRandom } from '#libs/random';
import type { ModelCard } from '#libs/registry';
import type { PredictorService } from '#services/predictor';
import { isStatus } from '../../../helpers/errors.js';
import { callByReflection, checkHealth, listServices } from './_foreign-client.js';
import {
  connectOip,
  packBytes,
  unpackBytes,
  unpackFloats,
  type InferRequest,
  type OipClient,
  type Tensor,
} from './_oip-client.js';
import {
  assertClose,
  CLASSES,
  createFixture,
  DirectAnswers,
  publishModel,
  randomImage,
  SIZE_PX,
  transform,
  untilServing,
  type Fixture,
} from '../_predictor.js';
import { root } from '../../../../scripts/setup/paths.mjs';

let fixture: Fixture;
let direct: DirectAnswers;
let service: PredictorService;
let client: OipClient;
let card: ModelCard;

const IMAGE_BYTES = SIZE_PX * SIZE_PX;
const tensor = (datatype: string, shape: number[], rest: object = {}): Tensor => ({
  name: 'image',
  datatype,
  shape,
  ...rest,
});
const rawRequest = (input: Tensor, raw: Uint8Array, rest: object = {}): InferRequest => ({
  model_name: 'test',
  inputs: [input],
  raw_input_contents: [raw],
  ...rest,
});
const encodedRequest = (images: Uint8Array[], rest: object = {}): InferRequest =>
  rawRequest(tensor('BYTES', [images.length, 1]), packBytes(images), rest);
const pixelsOf = async (image: Buffer): Promise<Uint8Array> =>
  compileTransform(transform, 'eval')(await decodeImage(image));
const rows = (raw: Buffer): number[][] => {
  const values = unpackFloats(raw);
  return Array.from({ length: values.length / CLASSES.length }, (_, row) =>
    values.slice(row * CLASSES.length, (row + 1) * CLASSES.length),
  );
};

before(async () => {
  [fixture, direct] = await Promise.all([createFixture(), DirectAnswers.start()]);
  service = await fixture.start();
  client = connectOip(service.address);
});
after(async () => {
  client.close();
  await fixture.close();
  await direct[Symbol.asyncDispose]();
});

test('before the first promotion: live, not ready, and UNAVAILABLE that says why', async () => {
  assert.deepEqual(await client.call('ServerLive'), { live: true });
  assert.deepEqual(await client.call('ServerReady'), { ready: false });
  assert.deepEqual(await client.call('ModelReady', { name: 'test' }), { ready: false });
  assert.equal(await checkHealth(service.address, 'inference.GRPCInferenceService'), 'NOT_SERVING');
  await assert.rejects(
    client.call('ModelMetadata', { name: 'test' }),
    isStatus('UNAVAILABLE', /No model version has been promoted to "champion"/),
  );
});

test('after it: ready by name, version, number and alias; health and reflection know the service', async () => {
  card = await publishModel(fixture.registry, 1);
  await fixture.registry.promote('champion', card.version, 'first');
  await untilServing(service, card.version);
  assert.deepEqual(await client.call('ServerReady'), { ready: true });
  for (const version of ['', card.version, '1', 'champion'])
    assert.deepEqual(await client.call('ModelReady', { name: 'test', version }), { ready: true }, version);
  for (const version of ['2', 'test-000002', 'candidate', 'no such'])
    assert.deepEqual(await client.call('ModelReady', { name: 'test', version }), { ready: false }, version);
  assert.deepEqual(await client.call('ModelReady', { name: 'other' }), { ready: false });
  assert.equal(await checkHealth(service.address, 'inference.GRPCInferenceService'), 'SERVING');
  assert.ok((await listServices(service.address)).includes('inference.GRPCInferenceService'));
  assert.deepEqual(await callByReflection(service.address, 'inference.GRPCInferenceService', 'serverLive', {}), {
    live: true,
  });
});

test('metadata and configuration describe the same tensors', async () => {
  const server = await client.call<{ name: string; version: string; extensions: string[] }>('ServerMetadata');
  assert.equal(server.name, 'sulcus');
  assert.match(server.version, /^\d+\.\d+\.\d+/);
  assert.ok(server.extensions.includes('statistics') && server.extensions.includes('model_configuration'));

  type Described = { name: string; datatype: string; shape: number[] }[];
  const metadata = await client.call<{ name: string; versions: string[]; inputs: Described; outputs: Described }>(
    'ModelMetadata',
    { name: 'test' },
  );
  assert.deepEqual([metadata.name, metadata.versions], ['test', [card.version]]);
  assert.deepEqual(metadata.inputs, [{ name: 'image', datatype: 'UINT8', shape: [-1, SIZE_PX, SIZE_PX, 1] }]);
  assert.deepEqual(metadata.outputs, [{ name: 'probabilities', datatype: 'FP32', shape: [-1, CLASSES.length] }]);

  type Configured = { name: string; data_type: string; dims: number[] }[];
  const { config } = await client.call<{
    config: Record<string, unknown> & {
      input: Configured;
      output: Configured;
      parameters: Record<string, { string_value: string }>;
    };
  }>('ModelConfig', { name: 'test' });
  for (const [described, configured] of [
    [metadata.inputs, config.input],
    [metadata.outputs, config.output],
  ] as const) {
    assert.deepEqual(
      configured.map(({ name, data_type, dims }) => [name, data_type.replace('TYPE_', ''), dims]),
      described.map(({ name, datatype, shape }) => [name, datatype, shape.slice(1)]),
    );
  }
  assert.equal(config.max_batch_size, 4);
  assert.equal(config.scheduling_choice, 'dynamic_batching');
  assert.deepEqual(config.model_transaction_policy, { decoupled: false });
  assert.deepEqual(JSON.parse(config.parameters.classes!.string_value), CLASSES);
  assert.equal(config.parameters.temperature!.string_value, '1');
});

test('encoded images, pixels and floats of one picture get the same raw answer, with version and id', async () => {
  const images = await Promise.all([1, 2, 3].map((seed) => randomImage(seed)));
  const pixels = Buffer.concat(await Promise.all(images.map(pixelsOf)));
  const floats = Buffer.from(Float32Array.from(pixels).buffer);
  const shape = [3, SIZE_PX, SIZE_PX, 1];
  const requests: Record<string, InferRequest> = {
    encoded: encodedRequest(images, { id: 'encoded' }),
    'encoded, flat': rawRequest(tensor('BYTES', [3]), packBytes(images), { id: 'encoded, flat' }),
    'encoded, typed': {
      model_name: 'test',
      id: 'encoded, typed',
      inputs: [tensor('BYTES', [3, 1], { contents: { bytes_contents: images } })],
    },
    pixels: rawRequest(tensor('UINT8', shape), pixels, { id: 'pixels' }),
    'pixels, typed': {
      model_name: 'test',
      id: 'pixels, typed',
      inputs: [tensor('UINT8', shape, { contents: { uint_contents: [...pixels] } })],
    },
    floats: rawRequest(tensor('FP32', shape), floats, { id: 'floats', outputs: [{ name: 'probabilities' }] }),
    'floats, typed': {
      model_name: 'test',
      id: 'floats, typed',
      inputs: [tensor('FP32', shape, { contents: { fp32_contents: [...pixels] } })],
    },
  };
  const expected = await Promise.all(images.map((image) => direct.of(1, image)));
  for (const [id, request] of Object.entries(requests)) {
    const answer = await client.infer(request);
    assert.deepEqual([answer.model_name, answer.model_version, answer.id], ['test', card.version, id]);
    assert.deepEqual(
      answer.outputs.map(({ name, datatype, shape: of, contents }) => [name, datatype, of, contents]),
      [['probabilities', 'FP32', [3, CLASSES.length], null]],
      id,
    );
    assert.equal(answer.raw_output_contents.length, 1);
    rows(answer.raw_output_contents[0]!).forEach((row, index) => assertClose(row, expected[index]!));
    assert.equal(answer.parameters.model_hash!.string_param, card.weightsHash);
    assert.equal(String(answer.parameters.prediction_ids!.string_param).split(',').length, 3);
  }
});

test('a request compressed with gzip, as stock clients offer it, is understood', async () => {
  const compressing = connectOip(service.address, { 'grpc.default_compression_algorithm': 2 });
  const image = await randomImage(6);
  const answer = await compressing.infer(encodedRequest([image]));
  compressing.close();
  assertClose(rows(answer.raw_output_contents[0]!)[0]!, await direct.of(1, image));
});

test('classification: the most probable classes as texts', async () => {
  const image = await randomImage(5);
  const expected = [...(await direct.of(1, image))]
    .map((value, index) => ({ value, index }))
    .sort((left, right) => right.value - left.value);
  for (const [asked, given] of [
    [2, 2],
    [99, CLASSES.length],
  ] as const) {
    const answer = await client.infer(
      encodedRequest([image], {
        outputs: [{ name: 'probabilities', parameters: { classification: { int64_param: asked } } }],
      }),
    );
    assert.deepEqual([answer.outputs[0]!.datatype, answer.outputs[0]!.shape], ['BYTES', [1, given]]);
    const texts = unpackBytes(answer.raw_output_contents[0]!).map((text) => text.split(':'));
    assert.deepEqual(
      texts.map(([, index, name]) => [index, name]),
      expected.slice(0, given).map(({ index }) => [String(index), CLASSES[index]]),
    );
    assertClose(
      texts.map(([value]) => Number(value)),
      Float32Array.from(expected.slice(0, given), ({ value }) => value),
    );
  }
});

test('concurrent requests of one to four images each get exactly their rows', async () => {
  const random = createRandom(7, 'concurrent requests');
  const images = await Promise.all(Array.from({ length: 8 }, (_, seed) => randomImage(seed)));
  const expected = await Promise.all(images.map((image) => direct.of(1, image)));
  await Promise.all(
    Array.from({ length: 40 }, async () => {
      const chosen = Array.from({ length: random.integer(1, 4) }, () => random.integer(0, 7));
      const answer = await client.infer(encodedRequest(chosen.map((index) => images[index]!)));
      const answered = rows(answer.raw_output_contents[0]!);
      assert.equal(answered.length, chosen.length);
      answered.forEach((row, position) => assertClose(row, expected[chosen[position]!]!));
    }),
  );
});

test('a wrong request is INVALID_ARGUMENT with a text that says what is right, and the server goes on', async () => {
  const image = await randomImage(1);
  const pixels = await pixelsOf(image);
  const shape = [1, SIZE_PX, SIZE_PX, 1];
  const floats = (change: (values: Float32Array) => void): Buffer => {
    const values = Float32Array.from(pixels);
    change(values);
    return Buffer.from(values.buffer);
  };
  const wrong: [InferRequest, RegExp][] = [
    [{ model_name: '', inputs: [] }, /names no model/],
    [{ model_name: 'test', inputs: [] }, /has 0 inputs/],
    [
      { ...encodedRequest([image]), inputs: [{ ...tensor('BYTES', [1]), name: 'picture' }] },
      /no input "picture": the input is "image"/,
    ],
    [rawRequest(tensor('INT64', shape), pixels), /datatype INT64: it is one of UINT8, FP32, BYTES/],
    [
      rawRequest(tensor('UINT8', [1, 1, SIZE_PX, SIZE_PX]), pixels),
      /shape \[1,1,32,32\]: UINT8 has \[images,32,32,1\]/,
    ],
    [rawRequest(tensor('UINT8', [SIZE_PX, SIZE_PX, 1]), pixels), /UINT8 has \[images,32,32,1\]/],
    [rawRequest(tensor('UINT8', [0, SIZE_PX, SIZE_PX, 1]), new Uint8Array(0)), /has 0 images: it has 1 to 4/],
    [rawRequest(tensor('UINT8', [-1, SIZE_PX, SIZE_PX, 1]), pixels), /has -1 images/],
    [
      rawRequest(tensor('UINT8', [5, SIZE_PX, SIZE_PX, 1]), new Uint8Array(5 * IMAGE_BYTES)),
      /has 5 images: it has 1 to 4/,
    ],
    [rawRequest(tensor('UINT8', shape), pixels.subarray(1)), /holds 1023 bytes: its shape and datatype say 1024/],
    [rawRequest(tensor('FP32', shape), pixels), /holds 1024 bytes: its shape and datatype say 4096/],
    [{ model_name: 'test', inputs: [tensor('UINT8', shape, { contents: { fp32_contents: [1] } })] }, /holds 0 bytes/],
    [
      {
        model_name: 'test',
        inputs: [tensor('UINT8', shape, { contents: { uint_contents: Array<number>(IMAGE_BYTES).fill(256) } })],
      },
      /Element 0 of "image" is 256/,
    ],
    [{ model_name: 'test', inputs: [tensor('UINT8', shape)] }, /has no contents/],
    [
      rawRequest(tensor('UINT8', shape, { contents: { uint_contents: [...pixels] } }), pixels),
      /both raw_input_contents and contents/,
    ],
    [
      { ...encodedRequest([image]), raw_input_contents: [packBytes([image]), packBytes([image])] },
      /2 raw_input_contents for 1 input/,
    ],
    [rawRequest(tensor('BYTES', [1]), image), /no BYTES tensor/],
    [rawRequest(tensor('BYTES', [2]), packBytes([image])), /holds 1 elements: its shape says 2/],
    [
      rawRequest(
        tensor('FP32', shape),
        floats((values) => (values[3] = NaN)),
      ),
      /Value 3 of the image is NaN: pixels are 0 to 255/,
    ],
    [
      rawRequest(
        tensor('FP32', shape),
        floats((values) => (values[4] = 256)),
      ),
      /Value 4 of the image is 256/,
    ],
    [encodedRequest([Buffer.from('no image at all')]), /IMAGE_UNDECODABLE/],
    [encodedRequest([image, Buffer.alloc(0), image]), /IMAGE_EMPTY: Image 1 of 3/],
    [encodedRequest([image], { outputs: [{ name: 'logits' }] }), /no output "logits": the output is "probabilities"/],
    [
      encodedRequest([image], {
        outputs: [{ name: 'probabilities', parameters: { classification: { int64_param: 0 } } }],
      }),
      /classification/,
    ],
    [
      encodedRequest([image], { parameters: { priority: { uint64_param: 4 } } }),
      /Priority 4: it is 1 \(first\) to 3 \(last\)/,
    ],
    [encodedRequest([image], { parameters: { timeout: { string_param: 'soon' } } }), /"timeout" is not a whole number/],
  ];
  for (const [request, text] of wrong)
    await assert.rejects(client.infer(request), isStatus('INVALID_ARGUMENT', text), String(text));

  await assert.rejects(
    client.infer(encodedRequest([image], { model_name: 'other' })),
    isStatus('NOT_FOUND', /no model "other" here: the model is "test"/),
  );
  await assert.rejects(
    client.infer(encodedRequest([image], { model_version: '7' })),
    isStatus('NOT_FOUND', /no version or alias "7" here: test-000001 is in service/),
  );
  await assert.rejects(
    client.infer(
      rawRequest(tensor('UINT8', shape, { parameters: { shared_memory_region: { string_param: 'r' } } }), pixels),
    ),
    isStatus('UNIMPLEMENTED', /shared memory/),
  );
  await assert.rejects(
    client.infer(encodedRequest([image], { parameters: { sequence_id: { int64_param: 5 } } })),
    isStatus('UNIMPLEMENTED', /Sequences are not served/),
  );
  const unusual = {
    sequence_id: { int64_param: 0 },
    priority: { uint64_param: 1 },
    my_own: { string_param: 'kept out of it' },
  };
  assert.equal((await client.infer(encodedRequest([image], { parameters: unusual }))).model_version, card.version);
});

test("a request's own timeout is kept", async () => {
  const image = await randomImage(2);
  await assert.rejects(
    client.infer(encodedRequest([image], { parameters: { timeout: { int64_param: 1 } } })),
    isStatus('DEADLINE_EXCEEDED', /timeout of 1 microseconds/),
  );
  assert.equal(
    (await client.infer(encodedRequest([image], { parameters: { timeout: { int64_param: 20_000_000 } } })))
      .model_version,
    card.version,
  );
});

test('a stream answers every request in order, errors in place with the id', async () => {
  const images = await Promise.all([0, 1, 2, 3].map((seed) => randomImage(seed)));
  const answers = await client.stream(
    Array.from({ length: 12 }, (_, index) =>
      index % 5 === 2
        ? encodedRequest([Buffer.from('bad')], { id: String(index) })
        : encodedRequest([images[index % 4]!], { id: String(index) }),
    ),
  );
  assert.deepEqual(
    answers.map((answer) => answer.infer_response!.id),
    Array.from({ length: 12 }, (_, index) => String(index)),
  );
  for (const [index, { error_message, infer_response }] of answers.entries()) {
    if (index % 5 === 2) {
      assert.match(error_message, /IMAGE_UNDECODABLE/);
      continue;
    }
    assert.equal(error_message, '');
    assert.equal(infer_response!.parameters.triton_final_response!.bool_param, true);
    assertClose(rows(infer_response!.raw_output_contents[0]!)[0]!, await direct.of(1, images[index % 4]!));
  }
});

/** `npm run setup:peers` brings it. */
const PYTHON = path.join(root, '.sulcus/peers/bin/python');
const lacks = (module: string): string | false =>
  spawnSync(PYTHON, ['-c', `import ${module}`]).status !== 0 &&
  `There is no ${module} for Python to try this with: npm run setup:peers brings it`;

test('a Python client made of grpcio and the proto files gets right answers to every call', {
  skip: lacks('grpc_tools.protoc'),
}, async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-oip-'));
  t.after(() => rm(folder, { recursive: true }));
  const images = await Promise.all([11, 12, 13].map((seed) => randomImage(seed, seed === 12 ? 'jpeg' : 'png')));
  const files = images.map((_, index) => path.join(folder, `${index}`));
  await Promise.all(files.map((file, index) => writeFile(file, images[index]!)));
  const script = path.join(root, 'scripts/conformance/open_inference.py');
  const run = (...words: string[]) =>
    promisify(execFile)(PYTHON, [script, '--address', service.address, '--protos', PROTO_FOLDER, ...words, ...files]);
  type Told = Record<'rows' | 'streamed' | 'compressed' | 'own', number[][]> & {
    inferences: number;
    extensions: string[];
    pixelSum: number;
    top: number[];
  };
  const {
    rows: together,
    streamed,
    compressed,
    own,
    inferences,
    extensions,
    pixelSum,
    top,
    ...told
  } = JSON.parse((await run('--json', '--model', 'test')).stdout) as Told;
  assert.deepEqual(told, {
    live: true,
    ready: true,
    modelReady: true,
    server: 'sulcus',
    inputs: [['image', 'UINT8', [-1, SIZE_PX, SIZE_PX, 1]]],
    outputs: [['probabilities', 'FP32', [-1, CLASSES.length]]],
    configured: [
      ['image', [SIZE_PX, SIZE_PX, 1]],
      ['probabilities', [CLASSES.length]],
    ],
    dynamicBatching: true,
    maxBatchSize: 4,
    ids: ['all'],
    version: card.version,
    streamIds: ['0', '1', '2'],
    unknownModel: 'NOT_FOUND',
    noImage: 'INVALID_ARGUMENT',
  });
  assert.ok(inferences >= 6 && extensions.includes('statistics') && Math.abs(pixelSum - 1) < 1e-4);
  for (const [index, image] of images.entries()) {
    const expected = await direct.of(1, image);
    for (const answered of [together, streamed, compressed, own]) assertClose(answered[index]!, expected);
    assert.equal(top[index], expected.indexOf(Math.max(...expected)));
  }
  assert.match((await run()).stdout, /^(ok .*\n){12}$/);
});

test("Triton's own Python client gets the answers that it expects of a server", {
  skip: lacks('tritonclient.grpc'),
}, async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-triton-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'image');
  await writeFile(file, await randomImage(21));
  const script = path.join(root, 'scripts/conformance/triton_client.py');
  const { stdout } = await promisify(execFile)(PYTHON, [script, '--address', service.address, file]);
  assert.match(stdout, /^(ok .*\n){8}$/);
});

test("the calls of Triton's examples image_client.py and grpc_image_client.py are answered as of a Triton", {
  skip: lacks('tritonclient.grpc'),
}, async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-triton-'));
  t.after(() => rm(folder, { recursive: true }));
  const script = path.join(root, 'scripts/conformance/triton_examples.py');
  const { stdout } = await promisify(execFile)(PYTHON, [script, '--address', service.address, '--model', 'test']);
  const told = JSON.parse(stdout) as { pixels: string; best: Record<string, string> };
  const pixels = Buffer.from(told.pixels, 'base64');
  const expected = await direct.ofPixels(1, pixels);
  const best = expected.indexOf(Math.max(...expected));
  for (const way of ['sync', 'async', 'streaming', 'raw', 'raw streaming']) {
    const [probability, index, name] = told.best[way]!.split(':');
    assert.equal(Number(index), best, way);
    assert.equal(name, CLASSES[best], way);
    assert.ok(Math.abs(Number(probability) - expected[best]!) < 1e-4, way);
  }
});

test('statistics count requests, images, runs and failures of every call, our own protocol included', async () => {
  type Duration = { count: number; ns: number };
  type Statistics = {
    name: string;
    version: string;
    inference_count: number;
    execution_count: number;
    inference_stats: Record<string, Duration>;
    batch_stats: { batch_size: number; compute_infer: Duration }[];
  };
  const read = async (): Promise<Statistics> => {
    const { model_stats } = await client.call<{ model_stats: Statistics[] }>('ModelStatistics', { name: 'test' });
    assert.equal(model_stats.length, 1);
    return model_stats[0]!;
  };
  const image = await randomImage(9);
  const before = await read();
  await client.infer(encodedRequest([image, image, image]));
  await callByReflection(service.address, 'sulcus.v1.Predictor', 'predict', { image });
  await assert.rejects(client.infer(encodedRequest([Buffer.from('bad')])));
  const now = await read();
  assert.deepEqual([now.name, now.version], ['test', card.version]);
  assert.equal(now.inference_count - before.inference_count, 4);
  for (const time of ['success', 'queue', 'compute_input', 'compute_infer', 'compute_output'])
    assert.equal(now.inference_stats[time]!.count - before.inference_stats[time]!.count, 2, time);
  assert.equal(now.inference_stats.fail!.count - before.inference_stats.fail!.count, 1);
  assert.ok(now.inference_stats.compute_infer!.ns > before.inference_stats.compute_infer!.ns);
  const runs = now.batch_stats.reduce((sum, { compute_infer }) => sum + compute_infer.count, 0);
  assert.equal(runs, now.execution_count);
  // Compared by their growth: rows whose callers left earlier in this file were computed and answered nobody.
  const rows = ({ batch_stats }: Statistics): number =>
    batch_stats.reduce((sum, { batch_size, compute_infer }) => sum + batch_size * compute_infer.count, 0);
  assert.equal(rows(now) - rows(before), now.inference_count - before.inference_count);
  await assert.rejects(client.call('ModelStatistics', { name: 'other' }), isStatus('NOT_FOUND', /no model "other"/));
});

test('the repository lists every version; Load confirms the live one; Unload of it is UNIMPLEMENTED', async () => {
  const candidate = await publishModel(fixture.registry, 2);
  await fixture.registry.promote('candidate', candidate.version, 'to be compared');
  type Index = { models: { name: string; version: string; state: string; reason: string }[] };
  const { models } = await client.call<Index>('RepositoryIndex');
  assert.deepEqual(models.map(({ name, version, state }) => [name, version, state]).sort(), [
    ['test', card.version, 'READY'],
    ['test', candidate.version, 'UNAVAILABLE'],
  ]);
  assert.deepEqual(
    (await client.call<Index>('RepositoryIndex', { ready: true })).models.map(({ version }) => version),
    [card.version],
  );

  assert.deepEqual(await client.call('RepositoryModelLoad', { model_name: 'test' }), {});
  await assert.rejects(
    client.call('RepositoryModelLoad', { model_name: 'other' }),
    isStatus('NOT_FOUND', /no model "other"/),
  );
  await assert.rejects(
    client.call('RepositoryModelLoad', { model_name: 'test', parameters: { config: { string_param: '{}' } } }),
    isStatus('UNIMPLEMENTED', /promote a version to "champion"/),
  );
  await assert.rejects(
    client.call('RepositoryModelUnload', { model_name: 'test' }),
    isStatus('UNIMPLEMENTED', /promoted to "champion"/),
  );
  await assert.rejects(
    client.call('RepositoryIndex', { repository_name: 'elsewhere' }),
    isStatus('UNIMPLEMENTED', /one repository/),
  );
});

test('a swap: the new version answers under the same name', async () => {
  const next = await publishModel(fixture.registry, 3);
  await fixture.registry.promote('champion', next.version, 'better');
  await untilServing(service, next.version);
  const image = await randomImage(4);
  const answer = await client.infer(encodedRequest([image]));
  assert.equal(answer.model_version, next.version);
  assertClose(rows(answer.raw_output_contents[0]!)[0]!, await direct.of(3, image));
});
