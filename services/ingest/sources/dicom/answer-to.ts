import type { StoreAnswer } from '#libs/dimse';
import { SulcusError } from '#libs/errors';
import type { IngestOutcome } from '../../pipeline/outcome.js';
import { isForWantOfRoom } from '../../pipeline/why-full.js';
import { OTHER_OBJECT } from './said-of-object.js';

/** What the sender of an object is told when it is settled what becomes of it. */
export async function answerTo(settling: Promise<readonly IngestOutcome[]>): Promise<StoreAnswer> {
  try {
    const rejected = (await settling).find((outcome) => outcome.kind === 'rejected');
    if (!rejected) return { status: 'success' };
    const { code, rawMessage: comment } = rejected.error;
    return { status: code === OTHER_OBJECT ? 'mismatch' : 'failed', comment };
  } catch (thrown) {
    const error = SulcusError.from(thrown);
    return { status: isForWantOfRoom(error) ? 'full' : 'failed', comment: error.rawMessage };
  }
}
