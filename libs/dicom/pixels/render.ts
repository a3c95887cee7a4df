import type { DicomFile } from '../data-set/parse-file.js';
import { sliceGeometry } from '../geometry/plane.js';
import { hangUpright } from '../geometry/upright.js';
import { frameAttributes } from './functional-groups.js';
import { toRgb } from './colour.js';
import { decodeFrame, type StoredFrame } from './decode-frame.js';
import { isPadding, modalityTransform, storedValueOf } from './modality.js';
import { readPixelModule, type PixelModule } from './pixel-module.js';
import { inOrder, ValueHistogram } from './percentile-window.js';
import { countWords, mapGreys, type WordCounts } from './word-counts.js';
import { displayGrey, rampGrey, type GreyOf, type ValueWindow, type WindowRule } from './voi.js';
import type { DataSet } from '../data-set/data-set.js';
import type { DicomLimits } from '../data-set/limits.js';

/** A frame in eight bits: `[row, column, channel]`, 0-255. */
export interface RenderedFrame {
  width: number;
  height: number;
  channels: 1 | 3;
  data: Uint8Array;
  rule: WindowRule;
  /** Of rules `percentile` and `min-max`. */
  window?: ValueWindow | undefined;
}

export interface RenderOptions {
  /**
   * `display`: as the file says (VOI LUT, window), else minimum to maximum; what viewers show. `model`: MR by a robust
   * window of its measured values, everything else as for display; and turned as slices of its plane hang.
   */
  purpose: 'display' | 'model';
  /** For the model: the window of the whole series. Default: that of the frame alone. */
  seriesWindow?: ValueWindow | undefined;
}

/** A frame that is decoded once and looked at as often as wanted. */
export interface ReadFrame {
  stored: StoredFrame;
  /** Those that are set in any of the stored words. */
  usedBits(): number;
  /** How often each measured value occurs, padding left out; empty for colour. Not to be changed. */
  histogram(): ValueHistogram;
  render(options: RenderOptions): RenderedFrame;
}

/**
 * Decodes a frame. From stored pixels to eight bits it goes as PS3.3 C.11 says: stored value, modality LUT, window,
 * MONOCHROME1. Padding becomes black and counts in no window.
 *
 * @param index from 0
 * @throws IMAGE_*
 */
export async function readFrame(file: DicomFile, index = 0, limits?: Partial<DicomLimits>): Promise<ReadFrame> {
  const { dataSet } = file;
  const pixels = readPixelModule(dataSet, limits);
  const frame = await decodeFrame(file, pixels, index);
  const attributes = frameAttributes(dataSet, index);
  const size = { width: pixels.columns, height: pixels.rows };
  const hung = (image: RenderedFrame, { purpose }: RenderOptions): RenderedFrame =>
    purpose === 'model' ? hangUpright(image, sliceGeometry(attributes)) : image;
  if (pixels.samplesPerPixel === 3 || pixels.photometric === 'PALETTE COLOR')
    return {
      stored: frame,
      usedBits: () => allBits(frame.words),
      histogram: () => new ValueHistogram(),
      render: (options) => hung({ ...size, channels: 3, data: toRgb(frame, dataSet, pixels), rule: 'colour' }, options),
    };
  const measures = measuresOf(file, pixels, attributes);
  const counted = countWords(frame.words);
  let histogram: ValueHistogram | undefined;
  const histogramOnce = (): ValueHistogram => (histogram ??= histogramOf(counted, measures));
  return {
    stored: frame,
    usedBits: () => allBits(counted.words),
    histogram: histogramOnce,
    render: (options) => {
      const { greyOf, ...how } = chooseGrey(histogramOnce, measures, pixels, options);
      const table = greyTable(counted, measures, pixels, greyOf);
      return hung({ ...size, channels: 1, data: mapGreys(frame.words, table), ...how }, options);
    },
  };
}

/** One frame in eight bits: see {@link readFrame}. */
export const renderFrame = async (file: DicomFile, options: RenderOptions, index = 0): Promise<RenderedFrame> =>
  (await readFrame(file, index)).render(options);

/** Modalities whose values have no scale: their windows are a matter of taste (PS3.3 C.8.3.1). */
const UNSCALED: ReadonlySet<string> = new Set(['MR']);

/** Whether the model's window of these images follows the values of their series. */
export const hasSeriesWindow = (modality: string): boolean => UNSCALED.has(modality);

interface Measures {
  attributes: DataSet;
  /** What a stored word measures. */
  valueOf: (word: number) => number;
  isPadding: (word: number) => boolean;
}

function measuresOf({ dataSet }: DicomFile, pixels: PixelModule, attributes: DataSet): Measures {
  const stored = storedValueOf(pixels);
  const measure = modalityTransform(dataSet, attributes, pixels);
  const padding = isPadding(dataSet, pixels);
  return {
    attributes,
    valueOf: (word) => measure(stored(word)),
    isPadding: padding ? (word) => padding(stored(word)) : () => false,
  };
}

function chooseGrey(
  histogram: () => ValueHistogram,
  measures: Measures,
  pixels: PixelModule,
  { purpose, seriesWindow }: RenderOptions,
): { greyOf: GreyOf; rule: WindowRule; window?: ValueWindow | undefined } {
  const { attributes } = measures;
  const isByValues = purpose === 'model' && hasSeriesWindow(attributes.text('Modality'));
  const display = isByValues ? undefined : displayGrey(attributes, attributes, pixels);
  if (display) return display;
  const window =
    (isByValues ? seriesWindow : undefined) ?? histogram().window(...(purpose === 'model' ? [] : ([0, 1] as const)));
  const rule = purpose === 'model' ? 'percentile' : 'min-max';
  return { greyOf: rampGrey(window ?? { low: 0, high: 0 }), rule, window };
}

function allBits(words: Uint8Array | Uint16Array): number {
  let all = 0;
  for (let at = 0; at < words.length; at++) all |= words[at]!;
  return all;
}

function histogramOf({ words, counts }: WordCounts, { valueOf, isPadding }: Measures): ValueHistogram {
  const values = new Float64Array(words.length);
  const measured = new Float64Array(words.length);
  let length = 0;
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (isPadding(word)) continue;
    values[length] = valueOf(word);
    measured[length++] = counts[at]!;
  }
  return new ValueHistogram(inOrder(values.subarray(0, length), measured.subarray(0, length)));
}

function greyTable(
  { words }: WordCounts,
  { valueOf, isPadding }: Measures,
  { photometric }: PixelModule,
  greyOf: GreyOf,
): Uint8Array {
  const isInverted = photometric === 'MONOCHROME1';
  // One more than the largest word that there is.
  const table = new Uint8Array((words.at(-1) ?? -1) + 1);
  for (const word of words) table[word] = isPadding(word) ? 0 : rounded(greyOf(valueOf(word)), isInverted);
  return table;
}

/** Rounded down after it is inverted, as DCMTK does; what is a whole number but for its last bits is that number. */
const rounded = (grey: number, isInverted: boolean): number =>
  Math.max(0, Math.min(255, Math.floor((isInverted ? 255 - grey : grey) + 1e-9)));
