import type { Socket } from 'node:net';

const HEADER_BYTES = 6;

/** What a peer may announce beyond the length that was agreed: its own requests have no agreed length. */
const MAX_PDU_BYTES = 1 << 20;

/**
 * Ends a connection whose protocol data units are longer than any that was agreed (PS3.8 section 9.3): they would be
 * gathered in memory before anybody looks at them.
 *
 * @param onViolation is told the announced length
 */
export function guardPduLengths(socket: Socket, onViolation: (bytes: number) => void): void {
  let header = Buffer.alloc(0);
  let rest = 0;
  socket.on('data', (chunk: Buffer) => {
    let at = 0;
    while (at < chunk.length) {
      if (rest > 0) {
        const taken = Math.min(rest, chunk.length - at);
        rest -= taken;
        at += taken;
        continue;
      }
      const needed = HEADER_BYTES - header.length;
      header = Buffer.concat([header, chunk.subarray(at, at + needed)]);
      at += needed;
      if (header.length < HEADER_BYTES) return;
      rest = header.readUInt32BE(2);
      header = Buffer.alloc(0);
      if (rest > MAX_PDU_BYTES) {
        onViolation(rest);
        socket.destroy();
        return;
      }
    }
  });
}
