import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { PredictStreamResponse } from '#libs/contracts';
import {
  compileTransform,
  decodeImage,
  encodeImage,
  overlayHeat,
  projectHeatMap,
  type HeatMap,
  type RasterImage,
} from '#libs/imaging';
import { encodeSafetensors, listParameters, type NetworkState } from '#libs/nn';
import { createClient } from '#libs/rpc';
import type { PredictorService } from '#services/predictor';
import { isCode } from '../../../helpers/errors.js';
import { connectOip, packBytes, unpackElements, type InferRequest } from '../protocols/_oip-client.js';
import {
  CLASSES,
  createFixture,
  network,
  publishModel,
  SIZE_PX,
  transform,
  untilServing,
  type Fixture,
} from '../_predictor.js';

/** Three convolutions, their channels' means, a hidden layer, classes. */
const HEAD = 'gap-dense1000-dense';
const GAIN = 8;
/** The convolutions see 32 pixels through two pools of 2. */
const CELLS = 8;

/**
 * Every layer hands the first channel on as it is, so the feature map is the largest brightness of 4 × 4 pixels, from 0
 * to 1 of the upper half of grey levels. Its mean speaks for "glioma" and against "notumor".
 */
function transparentWeights(): NetworkState {
  const first = new Map<string, [place: (shape: readonly number[]) => number, value: number][]>([
    ['conv1.weight', [[([, , height, width]) => Math.floor((height! * width!) / 2), 1]]],
    ['conv2.weight', [[([, , height, width]) => Math.floor((height! * width!) / 2), 1]]],
    ['conv3.weight', [[([, , height, width]) => Math.floor((height! * width!) / 2), 1]]],
    ['head.hidden.weight', [[() => 0, 1]]],
    [
      'head.output.weight',
      [
        [() => 0, GAIN],
        [([, hidden]) => 2 * hidden!, -GAIN],
      ],
    ],
  ]);
  return new Map(
    listParameters({ ...network, head: HEAD }).map(({ name, shape }) => {
      const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
      for (const [place, value] of first.get(name) ?? []) data[place(shape)] = value;
      return [name, { shape, data }];
    }),
  );
}

/** The heat map of "glioma" by hand. */
function expectedHeatMap(image: RasterImage): HeatMap {
  const input = compileTransform(transform, 'eval')(image);
  const data = new Float32Array(CELLS * CELLS);
  for (let y = 0; y < SIZE_PX; y++) {
    for (let x = 0; x < SIZE_PX; x++) {
      const cell = Math.floor(y / 4) * CELLS + Math.floor(x / 4);
      data[cell] = Math.max(data[cell]!, GAIN * ((input[y * SIZE_PX + x]! / 255 - 0.5) / 0.5));
    }
  }
  return { width: CELLS, height: CELLS, data, grid: { stridePx: 4, centerPx: 2 } };
}

/** Dark grey with a bright disc of radius 9 at (46, 70), 100 × 140 pixels. */
const lesion = { x: 46, y: 70 };
const picture: RasterImage = {
  width: 100,
  height: 140,
  channels: 1,
  data: Uint8Array.from({ length: 14_000 }, (_, index) =>
    Math.hypot((index % 100) + 0.5 - lesion.x, Math.floor(index / 100) + 0.5 - lesion.y) < 9 ? 250 : 60,
  ),
};

let fixture: Fixture;
let client: ReturnType<typeof createClient<'Predictor'>>;
let image: Buffer;
let service: PredictorService;

before(async () => {
  fixture = await createFixture();
  image = await encodeImage(picture, 'png');
  const card = await publishModel(fixture.registry, 1, { head: HEAD }, encodeSafetensors(transparentWeights()));
  await fixture.registry.promote('champion', card.version, 'first');
  service = await fixture.start();
  await untilServing(service, card.version);
  client = createClient('Predictor', service.address);
});
after(async () => {
  client.close();
  await fixture.close();
});

test('a heat map has the values derived by hand, in pixels of the image, warmest over the lesion', async () => {
  const { predictedClass, explanation } = await client.predict({
    image,
    explain: { form: 'EXPLANATION_FORM_HEAT_MAP' },
  });
  assert.equal(predictedClass, 'glioma');
  const heatMap = expectedHeatMap(picture);
  const { png, className, method, minimum, maximum, mapWidth, mapHeight } = explanation!;
  assert.deepEqual(
    { className, method, mapWidth, mapHeight },
    { className: 'glioma', method: 'grad-cam', mapWidth: CELLS, mapHeight: CELLS },
  );
  assert.ok(
    Math.abs(maximum - Math.max(...heatMap.data)) < 1e-4 && Math.abs(minimum - Math.min(...heatMap.data)) < 1e-4,
    `${minimum} to ${maximum}`,
  );
  const drawn = await decodeImage(png);
  assert.deepEqual([drawn.width, drawn.height, drawn.channels], [100, 140, 1]);
  const expected = projectHeatMap(picture, heatMap, transform).data;
  assert.ok(drawn.data.every((level, index) => Math.abs(level - expected[index]!) <= 1));
  const warm = [...drawn.data.keys()].filter((index) => drawn.data[index]! > 200);
  const mean = (of: (index: number) => number): number =>
    warm.reduce((sum, index) => sum + of(index) + 0.5, 0) / warm.length;
  // Cells are 12.5 × 17.5 pixels of this image: half of one is as near as a map can say.
  assert.ok(
    Math.abs(mean((index) => index % 100) - lesion.x) < 6.3 &&
      Math.abs(mean((index) => Math.floor(index / 100)) - lesion.y) < 8.8,
  );
});

test('an overlay colours what speaks for the class and leaves the rest of the image as it is', async () => {
  const { explanation } = await client.predict({ image, explain: {} });
  const drawn = await decodeImage(explanation!.png);
  const levels = projectHeatMap(picture, expectedHeatMap(picture), transform);
  const expected = overlayHeat(picture, levels).data;
  assert.deepEqual([explanation!.width, explanation!.height, drawn.channels], [100, 140, 3]);
  assert.ok(drawn.data.every((value, index) => Math.abs(value - expected[index]!) <= 2));
  const untouched = [...levels.data.keys()].filter((index) => levels.data[index] === 0);
  assert.ok(untouched.length > 1000 && untouched.every((index) => drawn.data[3 * index] === picture.data[index]));
});

test('any class can be explained: where nothing speaks for it, the overlay is the image itself', async () => {
  const { predictedClass, explanation } = await client.predict({ image, explain: { className: 'notumor' } });
  assert.equal(predictedClass, 'glioma');
  assert.equal(explanation!.className, 'notumor');
  assert.ok(explanation!.minimum < 0 && explanation!.maximum <= 0);
  assert.deepEqual(new Uint8Array((await decodeImage(explanation!.png)).data), picture.data);
});

test('the answer is the same to the bit with and without an explanation; without one there is no picture', async () => {
  const plain = await client.predict({ image });
  const explained = await client.predict({ image, explain: {} });
  assert.equal(plain.explanation, null);
  assert.deepEqual(explained.probabilities, plain.probabilities);
});

test('an unknown class is INVALID_ARGUMENT naming the known ones, in a stream in its place', async () => {
  await assert.rejects(
    client.predict({ image, explain: { className: 'stroke' } }),
    (error) => isCode('INVALID_ARGUMENT')(error) && error.message.includes(CLASSES.join(', ')),
  );
  const requests = [{ className: 'pituitary' }, { className: 'stroke' }, {}].map((explain, index) => ({
    image,
    name: String(index),
    explain,
  }));
  const answers: PredictStreamResponse[] = [];
  for await (const answer of client.predictStream(requests)) answers.push(answer);
  assert.deepEqual(
    answers.map(({ response, error }) => response?.explanation?.className ?? error?.code),
    ['pituitary', 'INVALID_ARGUMENT', 'glioma'],
  );
});

test('the Open Inference Protocol gives the same pictures as an output that is asked for by name', async () => {
  const oip = connectOip(service.address);
  const other = await encodeImage({ ...picture, data: picture.data.toReversed() }, 'png');
  const request = (outputs: object[], input: object = {}) =>
    ({
      model_name: 'test',
      inputs: [{ name: 'image', datatype: 'BYTES', shape: [2], ...input }],
      outputs: outputs as InferRequest['outputs'],
      raw_input_contents: [packBytes([image, other])],
    }) as InferRequest;
  try {
    const answer = await oip.infer(
      request([{ name: 'explanation', parameters: { form: { string_param: 'heat-map' } } }, { name: 'probabilities' }]),
    );
    assert.deepEqual(
      answer.outputs.map(({ name, datatype, shape }) => [name, datatype, shape.map(Number)]),
      [
        ['explanation', 'BYTES', [2]],
        ['probabilities', 'FP32', [2, CLASSES.length]],
      ],
    );
    const expected = await Promise.all(
      [image, other].map((each) => client.predict({ image: each, explain: { form: 'EXPLANATION_FORM_HEAT_MAP' } })),
    );
    assert.deepEqual(
      unpackElements(answer.raw_output_contents[0]!),
      expected.map(({ explanation }) => explanation!.png),
    );
    assert.equal((await oip.infer(request([]))).outputs.length, 1);
    const wrong: [InferRequest, RegExp][] = [
      [
        request([{ name: 'explanation', parameters: { class: { string_param: 'stroke' } } }]),
        /no class "stroke" to explain/,
      ],
      [request([{ name: 'explanation', parameters: { form: { string_param: 'film' } } }]), /"form" is "film"/],
      [request([{ name: 'explanation', parameters: { class: { int64_param: 1 } } }]), /"class" is not a text/],
      [request([{ name: 'explanation' }, { name: 'explanation' }]), /"explanation" twice/],
      [
        {
          ...request([{ name: 'explanation' }], { datatype: 'UINT8', shape: [1, SIZE_PX, SIZE_PX, 1] }),
          raw_input_contents: [Buffer.alloc(SIZE_PX * SIZE_PX)],
        },
        /Pixels cannot be explained/,
      ],
    ];
    for (const [wrongRequest, text] of wrong) await assert.rejects(oip.infer(wrongRequest), text);
  } finally {
    oip.close();
  }
});

test('explanations beside plain requests: every caller gets its own', async () => {
  const answers = await Promise.all(
    Array.from({ length: 24 }, (_, index) =>
      client.predict({
        image,
        name: String(index),
        ...(index % 3 === 0 && { explain: { className: CLASSES[(index / 3) % 4]! } }),
      }),
    ),
  );
  assert.deepEqual(
    answers.map(({ explanation }) => explanation?.className),
    Array.from({ length: 24 }, (_, index) => (index % 3 === 0 ? CLASSES[(index / 3) % 4] : undefined)),
  );
});
