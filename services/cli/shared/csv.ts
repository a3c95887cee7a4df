export type Cell = string | number | boolean | undefined;

/** A table as RFC 4180 has it. */
export const toCsv = (header: readonly string[], rows: Iterable<readonly Cell[]>): string =>
  [header, ...rows].map(csvLine).join('');

/** One line with its end, CRLF: quotes where a cell needs them, undefined as an empty cell. */
export const csvLine = (cells: readonly Cell[]): string => `${cells.map(csvCell).join(',')}\r\n`;

function csvCell(cell: Cell): string {
  const text = cell === undefined ? '' : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
