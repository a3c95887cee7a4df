export type Cell = string | number | boolean | undefined;

/** A table as RFC 4180 has it: CRLF after every line, quotes where a cell needs them, undefined as an empty cell. */
export function toCsv(header: readonly string[], rows: Iterable<readonly Cell[]>): string {
  return [header, ...rows].map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('');
}

function csvCell(cell: Cell): string {
  const text = cell === undefined ? '' : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
