import { checkStateId, readStateId, restoreStateId, storedStateId, type Bus, type StreamName } from '#libs/bus';
import type { StateFolder } from '../state-folder.js';

/**
 * The identity of the state that a broker holds. A broker of the folder's own whose disk has lost it, and nothing but
 * it, has it back from the folder; of one that others run nobody here can say that it is the same.
 *
 * @throws STATE_MISMATCH when a broker that holds something does not know what, and is not ours
 */
export async function identityOf(
  bus: Bus,
  { stateId: known }: Pick<StateFolder, 'stateId'>,
  { isOwn, streamEnds }: { isOwn: boolean; streamEnds: Readonly<Record<StreamName, number>> },
): Promise<string> {
  const isEmpty = Object.values(streamEnds).every((lastSequence) => lastSequence === 0);
  if (known !== undefined && !isEmpty && (await storedStateId(bus)) === undefined) {
    if (isOwn) await restoreStateId(bus, known);
    else await checkStateId(bus, known);
  }
  return await readStateId(bus);
}
