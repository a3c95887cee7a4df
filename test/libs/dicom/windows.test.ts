import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inOrder, readFrame, renderFrame, shortsElement, ValueHistogram } from '#libs/dicom';
import { countWords } from '../../../libs/dicom/pixels/word-counts.js';
import { fixture } from './_reference.js';

describe('the window of the model', () => {
  it('leaves out half a percent of the values at either end, of a whole series', () => {
    const histogram = new ValueHistogram();
    const counted = (from: number, to: number) => {
      const values = Float64Array.from({ length: to - from }, (_, at) => from + at);
      return inOrder(
        values,
        values.map(() => 1),
      );
    };
    // Slices of other values than those before, of values in between, and of the same.
    for (const [from, to] of [
      [500, 1000],
      [0, 250],
      [250, 500],
      [0, 1000],
    ] as const)
      histogram.addAll(counted(from, to));
    assert.equal(histogram.total, 2000);
    assert.deepEqual(histogram.window(), { low: 4, high: 994 });
    assert.equal(new ValueHistogram().window(), undefined);
  });

  it('values are counted in order, however words stand for them: signed ones, and several for one value', () => {
    const { values, counts } = inOrder(Float64Array.of(5, 9, -3, 5), Float64Array.of(1, 2, 4, 8));
    assert.deepEqual([...values], [-3, 5, 9]);
    assert.deepEqual([...counts], [4, 9, 2]);
  });

  it('words are counted wherever they lie, whole and by bytes, one frame after the other', () => {
    for (const seed of [0, 1, 2]) {
      const all = Uint16Array.from({ length: 1001 }, (_, at) => (at * at * (31 + seed)) % [7, 4096, 65_536][seed]!);
      for (const words of [all, all.subarray(1), all.subarray(1, 2), all.subarray(0, 0), new Uint8Array(all.buffer)]) {
        const expected = new Map<number, number>();
        for (const word of words) expected.set(word, (expected.get(word) ?? 0) + 1);
        const counted = countWords(words);
        assert.deepEqual(
          [...counted.words].map((word, at) => [word, counted.counts[at]]),
          [...expected].sort(([left], [right]) => left - right),
        );
      }
    }
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
    const { values, counts } = (await readFrame(file)).histogram().counted;
    const brighter = new ValueHistogram({ values: values.map((value) => 2 * value), counts });
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
