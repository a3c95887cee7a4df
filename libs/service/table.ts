/** Columns that are aligned to the right, by position. */
export type RightAligned = ReadonlySet<number>;

/**
 * A table for people: columns as wide as their widest cell, two blanks apart.
 *
 * @param rows the first is the header; a row may end before the last column
 * @returns a line per row, without line breaks
 */
export function table(rows: readonly (readonly string[])[], rightAligned: RightAligned = new Set()): string[] {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) => tableLine(row, widths, rightAligned));
}

/** One line of a table whose widths are known beforehand, as where rows come one by one. */
export const tableLine = (
  row: readonly string[],
  widths: readonly number[],
  rightAligned: RightAligned = new Set(),
): string =>
  row
    .map((cell, column) => (rightAligned.has(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
    .join('  ')
    .trimEnd();
