/** Lines that do not fit the page: beyond 120 columns, in whatever language. */

export const MAX_COLUMNS = 120;

/** Written by programs, or data: nobody reads them line by line. */
const EXEMPT = new RegExp(
  [
    /^(libs\/contracts\/generated|test\/fixtures)\//,
    /(^|\/)package-lock\.json$/,
    /^sbom\.cdx\.json$/,
    /\.(png|jpe?g|svg|h5|safetensors)$/,
  ]
    .map(({ source }) => source)
    .join('|'),
);

/** A row of a Markdown table cannot be broken. */
const isTableRow = (file, line) => file.endsWith('.md') && /^\s*\|.*\|\s*$/.test(line);

/** Whether people read a file line by line. @param {string} file relative to the clone */
export const isForPeople = (file) => !EXEMPT.test(file);

/**
 * The numbers and widths of the lines that are too long.
 * @param {string} file for its kind @param {string} text
 * @returns {{ line: number, columns: number }[]}
 */
export function findLongLines(file, text) {
  return text
    .split('\n')
    .map((line, index) => ({ line: index + 1, columns: Array.from(line).length, exempt: isTableRow(file, line) }))
    .filter(({ columns, exempt }) => columns > MAX_COLUMNS && !exempt)
    .map(({ line, columns }) => ({ line, columns }));
}
