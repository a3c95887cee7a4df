import type { DataSet } from '../data-set/data-set.js';
import type { PixelModule } from './pixel-module.js';
import { lookUp, readLookupTable } from './lookup-table.js';

/** From a measured value to grey, 0-255, neither inverted nor rounded. */
export type GreyOf = (value: number) => number;

/** Which rule made the greys of an image; kept with a sample. */
export type WindowRule = 'voi-lut' | 'window' | 'percentile' | 'min-max' | 'colour';

/** Measured values that become black and white. */
export interface ValueWindow {
  low: number;
  high: number;
}

/**
 * What the file itself says of its display (PS3.3 C.11.2): the first table of its VOI LUT sequence, else the first of
 * its windows with its function.
 *
 * @param frame where windows of this frame stand
 * @returns undefined where the file says nothing
 */
export function displayGrey(
  dataSet: DataSet,
  frame: DataSet,
  pixels: PixelModule,
): { greyOf: GreyOf; rule: WindowRule } | undefined {
  const [item] = dataSet.items('VOILUTSequence');
  if (item) {
    const table = readLookupTable(item, pixels.isSigned);
    // The highest eight bits.
    const scale = 256 / 2 ** table.bits;
    return { greyOf: (value) => lookUp(table, value) * scale, rule: 'voi-lut' };
  }
  const centre = frame.number('WindowCenter');
  const width = frame.number('WindowWidth');
  if (centre === undefined || width === undefined || width <= 0) return undefined;
  return { greyOf: windowGrey(centre, width, frame.text('VOILUTFunction')), rule: 'window' };
}

/** The functions of PS3.3 C.11.2.1.2 and C.11.2.1.3. */
export function windowGrey(centre: number, width: number, name: string): GreyOf {
  if (name === 'SIGMOID') return (value) => 255 / (1 + Math.exp((-4 * (value - centre)) / width));
  if (name === 'LINEAR_EXACT') return rampGrey({ low: centre - width / 2, high: centre + width / 2 });
  const middle = centre - 0.5;
  const reach = Math.max(0, width - 1) / 2;
  return rampGrey({ low: middle - reach, high: middle + reach });
}

/** Straight from black at `low` to white above `high`. */
export function rampGrey({ low, high }: ValueWindow): GreyOf {
  const scale = high > low ? 255 / (high - low) : 0;
  return (value) => {
    if (value <= low) return 0;
    return value > high ? 255 : (value - low) * scale;
  };
}
