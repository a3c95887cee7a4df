import { svg, textAt, units } from './markup.js';
import { ticks } from './ticks.js';

export interface Series {
  name: string;
  /** CSS colour. */
  colour: string;
  /** In drawing order; what is not finite is left out. */
  points: readonly (readonly [x: number, y: number])[];
  /** Draws a dot at each point. */
  markers?: boolean;
  /** Draws a dashed line. */
  dashed?: boolean;
  /** Share of the colour, 0-1. */
  opacity?: number;
}

export interface LineChart {
  title: string;
  xLabel: string;
  yLabel: string;
  series: readonly Series[];
  /** Smallest and largest value of an axis, at least; the data may extend it. */
  xRange?: readonly [min: number, max: number];
  yRange?: readonly [min: number, max: number];
}

/** Outer size and plot margins, in user units. */
const WIDTH = 560;
const HEIGHT = 360;
const MARGIN = { left: 62, right: 16, top: 34, bottom: 48 };
const LEGEND_LINE = 17;

/** Curves over two linear axes, with a legend beneath. */
export function lineChart({ title, xLabel, yLabel, series, xRange, yRange }: LineChart): string {
  const drawn = series.map((one) => ({ ...one, points: one.points.filter((point) => point.every(Number.isFinite)) }));
  const points = drawn.flatMap((one) => one.points);
  const xTicks = axisTicks(
    points.map(([x]) => x),
    xRange,
  );
  const yTicks = axisTicks(
    points.map(([, y]) => y),
    yRange,
  );
  const x = scale(xTicks, MARGIN.left, WIDTH - MARGIN.right);
  const y = scale(yTicks, HEIGHT - MARGIN.bottom, MARGIN.top);
  const [left, right, top, bottom] = [MARGIN.left, WIDTH - MARGIN.right, MARGIN.top, HEIGHT - MARGIN.bottom];
  return svg(WIDTH, HEIGHT + LEGEND_LINE * drawn.length, title, [
    textAt(WIDTH / 2, 20, title, { anchor: 'middle', className: 'chart-title' }),
    ...xTicks.flatMap((tick) => [
      gridLine(x(tick), x(tick), top, bottom),
      textAt(x(tick), bottom + 16, String(tick), { anchor: 'middle' }),
    ]),
    ...yTicks.flatMap((tick) => [
      gridLine(left, right, y(tick), y(tick)),
      textAt(left - 6, y(tick) + 4, String(tick), { anchor: 'end' }),
    ]),
    textAt((left + right) / 2, bottom + 36, xLabel, { anchor: 'middle' }),
    textAt(16, (top + bottom) / 2, yLabel, { anchor: 'middle', rotate: -90 }),
    ...drawn.map((one) => curve(one, x, y)),
    ...drawn.map((one, index) => legendEntry(one, left, HEIGHT + LEGEND_LINE * index + 6)),
  ]);
}

function axisTicks(values: readonly number[], range: readonly number[] = []): number[] {
  const [min, max] = [...values, ...range].reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Infinity, -Infinity],
  );
  return Number.isFinite(min) ? ticks(min, max) : [0, 1];
}

function scale(axis: readonly number[], from: number, to: number): (value: number) => number {
  const [first, last] = [axis[0]!, axis.at(-1)!];
  return (value) => from + ((value - first) / (last - first)) * (to - from);
}

function curve(
  { points, colour, markers, dashed, opacity }: Series,
  x: (value: number) => number,
  y: (value: number) => number,
): string {
  const places = points.map(([px, py]) => [units(x(px)), units(y(py))] as const);
  const dots = markers
    ? places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3.2" fill="${colour}"/>`).join('')
    : '';
  const line = places.map((place) => place.join(',')).join(' ');
  return group(opacity, `<polyline points="${line}" fill="none" ${stroke(colour, dashed)}/>${dots}`);
}

function legendEntry({ name, colour, markers, dashed, opacity }: Series, x: number, y: number): string {
  const dot = markers ? `<circle cx="${x + 12}" cy="${y - 4}" r="3.2" fill="${colour}"/>` : '';
  const line = `<line x1="${x}" x2="${x + 24}" y1="${y - 4}" y2="${y - 4}" ${stroke(colour, dashed)}/>`;
  return group(opacity, `${line}${dot}`) + textAt(x + 32, y, name);
}

const gridLine = (x1: number, x2: number, y1: number, y2: number): string =>
  `<line class="grid" x1="${units(x1)}" x2="${units(x2)}" y1="${units(y1)}" y2="${units(y2)}"/>`;

const group = (opacity: number | undefined, content: string): string => `<g opacity="${opacity ?? 1}">${content}</g>`;

const stroke = (colour: string, dashed: boolean | undefined): string =>
  `stroke="${colour}" stroke-width="1.8"${dashed ? ' stroke-dasharray="5 4"' : ''}`;
