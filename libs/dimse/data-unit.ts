/** Type of a unit that carries data (PS3.8 section 9.3.1). */
export const P_DATA = 4;

/** Type, reserved byte, length; of a fragment: length, context, control (annex E.2). */
export const HEADER_BYTES = 6;

/** What a fragment's control says: it is of a command and not of a data set; it is the last one. */
export const IS_COMMAND = 1;
export const IS_LAST = 2;

/** A unit of one fragment, whose value comes in parts. */
export function dataUnit(contextId: number, control: number, value: readonly Buffer[]): Buffer {
  const valueBytes = value.reduce((sum, part) => sum + part.length, 0);
  const headers = Buffer.alloc(2 * HEADER_BYTES);
  headers[0] = P_DATA;
  headers.writeUInt32BE(HEADER_BYTES + valueBytes, 2);
  headers.writeUInt32BE(2 + valueBytes, HEADER_BYTES);
  headers[10] = contextId;
  headers[11] = control;
  return Buffer.concat([headers, ...value]);
}
