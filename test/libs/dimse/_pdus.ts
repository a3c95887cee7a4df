/** A unit of P-DATA of fragments `[control, value]` in context 1. */
export function pData(...fragments: (readonly [control: number, value: Buffer])[]): Buffer {
  const body = fragments.map(([control, value]) => {
    const header = Buffer.from([0, 0, 0, 0, 1, control]);
    header.writeUInt32BE(2 + value.length);
    return Buffer.concat([header, value]);
  });
  return unit(4, Buffer.concat(body));
}

export function unit(type: number, body: Buffer): Buffer {
  const header = Buffer.from([type, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(body.length, 2);
  return Buffer.concat([header, body]);
}

/** A command set that holds its length and its field. */
export function command(field: number): Buffer {
  const bytes = Buffer.alloc(22);
  bytes.writeUInt32LE(4, 4);
  bytes.writeUInt32LE(10, 8);
  bytes.writeUInt32LE(0x0100 << 16, 12);
  bytes.writeUInt32LE(2, 16);
  bytes.writeUInt16LE(field, 20);
  return bytes;
}

/** What a fragment's control says. */
export const [COMMAND, LAST_COMMAND, DATA, LAST_DATA] = [1, 3, 0, 2] as const;
export const C_STORE = command(0x0001);
