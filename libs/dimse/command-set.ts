/** Command fields of C-STORE (PS3.7 annex E.1). */
export const C_STORE_REQUEST = 0x0001;
const C_STORE_RESPONSE = 0x8001;

/** Elements of group 0000 (PS3.7 annex E.1). */
const GROUP_LENGTH = 0x0000;
const AFFECTED_CLASS = 0x0002;
const FIELD = 0x0100;
const MESSAGE_ID = 0x0110;
const RESPONDED_TO = 0x0120;
const DATA_SET_TYPE = 0x0800;
const STATUS = 0x0900;
const ERROR_COMMENT = 0x0902;
const AFFECTED_INSTANCE = 0x1000;

/** What stands for no data set. */
const NO_DATA_SET = 0x0101;

/** The parts of a command set that C-STORE is made of. */
export interface CommandSet {
  /** Undefined for what is no command set. */
  field: number | undefined;
  messageId: number;
  hasDataSet: boolean;
  sopClassUid: string;
  sopInstanceUid: string;
}

/** Reads a command set: group 0000 in Implicit VR Little Endian (PS3.7 section 6.3.1). */
export function readCommand(bytes: Buffer): CommandSet {
  const values = new Map<number, Buffer>();
  for (let at = 0; at + 8 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32LE(at + 4);
    if (end > bytes.length) break;
    if (bytes.readUInt16LE(at) === 0) values.set(bytes.readUInt16LE(at + 2), bytes.subarray(at + 8, end));
    at = end;
  }
  const short = (element: number): number | undefined => {
    const value = values.get(element);
    return value && value.length >= 2 ? value.readUInt16LE(0) : undefined;
  };
  // eslint-disable-next-line no-control-regex -- NUL is what UIDs are padded with
  const uid = (element: number): string => (values.get(element)?.toString('latin1') ?? '').replace(/[\0 ]+$/, '');
  return {
    field: short(FIELD),
    messageId: short(MESSAGE_ID) ?? 0,
    hasDataSet: short(DATA_SET_TYPE) !== NO_DATA_SET,
    sopClassUid: uid(AFFECTED_CLASS),
    sopInstanceUid: uid(AFFECTED_INSTANCE),
  };
}

/**
 * The answer to a request of C-STORE (PS3.7 section 9.3.1.2).
 *
 * @param comment at most 64 characters of it are told, of the default repertoire
 */
export function writeStoreResponse(
  { messageId, sopClassUid, sopInstanceUid }: CommandSet,
  status: number,
  comment = '',
): Buffer {
  const told = comment.replace(/[^ -[\]-~]/g, '?').slice(0, 64);
  const body = Buffer.concat([
    element(AFFECTED_CLASS, text(sopClassUid, '\0')),
    element(FIELD, short(C_STORE_RESPONSE)),
    element(RESPONDED_TO, short(messageId)),
    element(DATA_SET_TYPE, short(NO_DATA_SET)),
    element(STATUS, short(status)),
    ...(told === '' ? [] : [element(ERROR_COMMENT, text(told, ' '))]),
    element(AFFECTED_INSTANCE, text(sopInstanceUid, '\0')),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  return Buffer.concat([element(GROUP_LENGTH, length), body]);
}

function element(number: number, value: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16LE(number, 2);
  header.writeUInt32LE(value.length, 4);
  return Buffer.concat([header, value]);
}

function short(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

/** Values have an even length. */
const text = (value: string, padding: string): Buffer =>
  Buffer.from(value.length % 2 === 0 ? value : `${value}${padding}`, 'latin1');
