import { svg, textAt, units } from './markup.js';

const CELL = 64;
const TOP = 58;
const NAME_CHARACTER = 7.2;
/** Share of a row from which its cell is dark enough to be written on in white. */
const DARK = 0.55;

/** Counts of true (rows) against predicted class (columns); the shade is the share of the true class. */
export function confusionChart(confusion: readonly (readonly number[])[], classes: readonly string[]): string {
  const longest = Math.max(...classes.map((name) => name.length));
  const left = 48 + longest * NAME_CHARACTER;
  const columnNames = 12 + longest * NAME_CHARACTER * 0.72;
  const side = CELL * classes.length;
  return svg(Math.ceil(left + side + columnNames), Math.ceil(TOP + side + columnNames), 'Confusion matrix', [
    textAt(left + side / 2, 20, 'Confusion matrix', { anchor: 'middle', className: 'chart-title' }),
    textAt(left + side / 2, TOP - 12, 'predicted class', { anchor: 'middle' }),
    textAt(16, TOP + side / 2, 'true class', { anchor: 'middle', rotate: -90 }),
    ...classes.flatMap((name, index) => [
      textAt(left - 8, TOP + CELL * (index + 0.5) + 4, name, { anchor: 'end' }),
      textAt(left + CELL * (index + 0.4), TOP + side + 14, name, { rotate: 45 }),
    ]),
    ...confusion.flatMap((row, rowIndex) =>
      row.map((count, column) => cell(count, share(count, row), left + CELL * column, TOP + CELL * rowIndex)),
    ),
  ]);
}

const share = (count: number, row: readonly number[]): number =>
  count /
  Math.max(
    1,
    row.reduce((sum, value) => sum + value, 0),
  );

function cell(count: number, shade: number, x: number, y: number): string {
  const fill = `rgb(31 95 160 / ${units(shade)})`;
  const style = { anchor: 'middle', className: shade > DARK ? 'on-dark' : 'on-light' } as const;
  return [
    `<rect class="cell" x="${units(x)}" y="${units(y)}" width="${CELL}" height="${CELL}" fill="${fill}"/>`,
    textAt(x + CELL / 2, y + CELL / 2 + 5, String(count), style),
  ].join('');
}
