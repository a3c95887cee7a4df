import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readFrame, renderFrame, shortsElement, ValueHistogram } from '#libs/dicom';
import { fixture } from './_reference.js';

describe('the window of the model', () => {
  it('leaves out half a percent of the values at either end, of a whole series', () => {
    const histogram = new ValueHistogram();
    for (let value = 0; value < 1000; value++) histogram.add(value, 1);
    assert.deepEqual(histogram.window(), { low: 4, high: 994 });
    assert.equal(new ValueHistogram().window(), undefined);
  });

  it('an MR image follows its values, not the window the technologist chose', async () => {
    const [chosen, other] = [fixture('display-window'), fixture('display-windows')];
    other.dataSet.elements.set(0x7fe00010, chosen.dataSet.get('PixelData')!);
    const [left, right] = await Promise.all([chosen, other].map((file) => renderFrame(file, { purpose: 'model' })));
    assert.deepEqual(left, right);
    assert.equal(left!.rule, 'percentile');
  });

  it('slices of a series share one scale when their window is given', async () => {
    const file = fixture('display-window');
    const whole = (await readFrame(file)).histogram();
    const brighter = new ValueHistogram();
    brighter.addAll(whole.entries().map(([value, count]) => [2 * value, count]));
    const alone = await renderFrame(file, { purpose: 'model' });
    const inSeries = await renderFrame(file, { purpose: 'model', seriesWindow: brighter.window() });
    const mean = (data: Uint8Array): number => data.reduce((sum, grey) => sum + grey, 0) / data.length;
    assert.ok(Math.abs(mean(alone.data) / mean(inSeries.data) - 2) < 0.5);
  });

  it('CT keeps the window of the file: its values mean something', async () => {
    const file = fixture('display-rescaled');
    assert.deepEqual(await renderFrame(file, { purpose: 'model' }), await renderFrame(file, { purpose: 'display' }));
  });

  it('padding is black and counts in no window', async () => {
    const file = fixture('display-no-window');
    const pixels = file.dataSet.get('PixelData')!;
    const padded = Buffer.from(pixels.bytes);
    for (let at = 0; at < 200; at++) padded.writeUInt16LE(60_000 & 0xfff, 2 * at);
    file.dataSet.elements.set(pixels.tag, { ...pixels, bytes: padded });
    const padding = shortsElement('PixelPaddingValue', [60_000 & 0xfff]);
    const unpadded = (await readFrame(file)).histogram();
    file.dataSet.elements.set(padding.tag, padding);
    const histogram = (await readFrame(file)).histogram();
    assert.ok(histogram.total <= unpadded.total - 200);
    const { data } = await renderFrame(file, { purpose: 'display' });
    assert.deepEqual([...data.subarray(0, 200)], Array<number>(200).fill(0));
  });
});
