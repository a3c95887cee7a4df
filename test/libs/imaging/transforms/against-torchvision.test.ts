import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  compileTransform,
  executeDrawn,
  validateTransform,
  withChannels,
  type DrawnOp,
  type RasterImage,
  type TransformOp,
} from '#libs/imaging';
import { difference, pixelsOf, reference } from '../_reference.js';

/** Deterministic ops as an eval transform. */
function runFixed(image: RasterImage, ops: TransformOp[], width: number, height: number): Uint8Array {
  const { channels } = image;
  const spec = validateTransform({
    name: 'test',
    outputHeight: height,
    outputWidth: width,
    channels,
    train: ops,
    eval: ops,
    normalize: { mean: [0], std: [1] },
  });
  return compileTransform(spec, 'eval')(image);
}

/** Drawn ops on an image, at its own size unless an op says otherwise. */
function runDrawn(
  image: RasterImage,
  ops: DrawnOp[],
  interpolation: 'bilinear' | 'nearest',
  size: { width: number; height: number } = image,
): Uint8Array {
  const output = new Uint8Array(size.width * size.height * image.channels);
  executeDrawn({ image, canvas: image }, ops, interpolation, output);
  return output;
}

test("resizing is Pillow's antialiased bilinear to the bit, grey and colour, larger and smaller", async () => {
  const grey = await pixelsOf(reference.grey);
  for (const { width, height, png } of reference.resize) {
    assert.deepEqual(
      runFixed(grey, [{ op: 'resize', width, height }], width, height),
      Uint8Array.from((await pixelsOf(png)).data),
      `${width} x ${height}`,
    );
  }
  const { width, height, png } = reference.resizeColour;
  assert.deepEqual(
    runFixed(await pixelsOf(reference.colour), [{ op: 'resize', width, height }], width, height),
    Uint8Array.from((await pixelsOf(png)).data),
  );
});

test("colour becomes grey by Pillow's luma to the bit", async () => {
  assert.deepEqual(
    withChannels(await pixelsOf(reference.colour), 1).data,
    Uint8Array.from((await pixelsOf(reference.luma)).data),
  );
});

test("nearest rotation is torchvision's to the pixel", async () => {
  const grey = await pixelsOf(reference.grey);
  for (const { degrees, png } of reference.rotate) {
    assert.deepEqual(
      runDrawn(grey, [{ kind: 'rotate', degrees }], 'nearest'),
      Uint8Array.from((await pixelsOf(png)).data),
      `${degrees} degrees`,
    );
  }
});

test("brightness and contrast are Pillow's to the bit, in either order, grey and colour", async () => {
  for (const { image, ops, png } of reference.enhance) {
    const source = await pixelsOf(reference[image]);
    assert.deepEqual(
      runDrawn(source, ops, 'bilinear'),
      Uint8Array.from((await pixelsOf(png)).data),
      `${image} ${JSON.stringify(ops)}`,
    );
  }
});

test('shear and zoom follow Keras within one grey level', async () => {
  const grey = await pixelsOf(reference.grey);
  for (const { png, ...parameters } of reference.shearZoom) {
    const { max } = difference(
      runDrawn(grey, [{ kind: 'shearZoom', ...parameters }], 'bilinear'),
      (await pixelsOf(png)).data,
    );
    assert.ok(max <= 1, `${JSON.stringify(parameters)}: ${max}`);
  }
});

test('the S0 train chain stays within 2 grey levels of torchvision on average, which resamples twice', async () => {
  const large = await pixelsOf(reference.large);
  for (const { png, ...draw } of reference.s0) {
    const ops: DrawnOp[] = [
      ...(draw.flipHorizontal ? [{ kind: 'flip', axis: 'horizontal' } as const] : []),
      ...(draw.flipVertical ? [{ kind: 'flip', axis: 'vertical' } as const] : []),
      { kind: 'rotate', degrees: draw.degrees },
      { kind: 'crop', left: draw.left, top: draw.top, width: draw.width, height: draw.height },
      { kind: 'resize', width: 48, height: 48 },
      { kind: 'brightness', factor: draw.brightness },
      { kind: 'contrast', factor: draw.contrast },
    ];
    const { mean } = difference(
      runDrawn(large, ops, 'bilinear', { width: 48, height: 48 }),
      (await pixelsOf(png)).data,
    );
    assert.ok(mean < 2, `${JSON.stringify(draw)}: ${mean}`);
  }
});
