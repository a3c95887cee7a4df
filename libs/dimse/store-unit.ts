import { writeStoreResponse } from './command-set.js';
import type { StoreMessage } from './pdu-reader.js';
import type { StoreAnswer } from './scp-options.js';

const P_DATA = 4;
/** A command, and the last fragment of it (PS3.8 annex E.2). */
const WHOLE_COMMAND = 0x03;
const HEADER_BYTES = 6;

const STATUS = { success: 0x0000, full: 0xa700, failed: 0x0110 } as const;

/** The unit by which a request of C-STORE is answered. */
export function storeUnit({ contextId, command }: StoreMessage, answer: StoreAnswer): Buffer {
  const comment = 'comment' in answer ? answer.comment : '';
  const response = writeStoreResponse(command, STATUS[answer.status], comment);
  const headers = Buffer.alloc(2 * HEADER_BYTES);
  headers[0] = P_DATA;
  headers.writeUInt32BE(HEADER_BYTES + response.length, 2);
  headers.writeUInt32BE(2 + response.length, HEADER_BYTES);
  headers[10] = contextId;
  headers[11] = WHOLE_COMMAND;
  return Buffer.concat([headers, response]);
}
