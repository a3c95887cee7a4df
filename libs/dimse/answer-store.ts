import type dimse from 'dcmjs-dimse';
import { SulcusError } from '#libs/errors';
import { writeStoreResponse } from './command-set.js';
import { dataUnit, IS_COMMAND, IS_LAST } from './data-unit.js';
import { acceptedContext } from './negotiate.js';
import type { StoreMessage } from './pdu-reader.js';
import type { ReceivedObject, StoreAnswer } from './scp-options.js';

const STATUS = { success: 0x0000, full: 0xa700, mismatch: 0xa900, failed: 0x0110 } as const;

/** Who takes objects, on an association of whichever side. */
export interface ObjectTaker {
  maxObjectBytes: number;
  onObject: (object: ReceivedObject) => Promise<StoreAnswer>;
}

/**
 * Has an object taken. C-STORE does not go through the library: it takes as long for the two commands as ingest for the
 * decoding.
 *
 * @returns the unit that answers the request; undefined where its presentation context was not accepted
 */
export async function answerStore(
  message: StoreMessage,
  association: InstanceType<typeof dimse.association.Association> | undefined,
  taker: ObjectTaker,
): Promise<Buffer | undefined> {
  const context = acceptedContext(association, message.contextId);
  if (!context) return undefined;
  const answer = await take(message, context.getAcceptedTransferSyntaxUid() ?? '', taker).catch(
    (error: unknown): StoreAnswer => ({ status: 'failed', comment: SulcusError.from(error).rawMessage }),
  );
  const comment = 'comment' in answer ? answer.comment : '';
  const response = writeStoreResponse(message.command, STATUS[answer.status], comment);
  return dataUnit(message.contextId, IS_COMMAND | IS_LAST, [response]);
}

async function take(
  { object: bytes, command: { sopClassUid, sopInstanceUid } }: StoreMessage,
  syntaxUid: string,
  { maxObjectBytes, onObject }: ObjectTaker,
): Promise<StoreAnswer> {
  if (bytes === undefined) return { status: 'failed', comment: `The object has more than ${maxObjectBytes} bytes` };
  return await onObject({ bytes, syntaxUid, sopClassUid, sopInstanceUid });
}
