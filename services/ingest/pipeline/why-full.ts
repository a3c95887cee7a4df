import type { ArchiveIndex } from '#libs/archive';
import { isTransient, type SulcusError } from '#libs/errors';

/** An archiver writes its state every ten seconds: one that is silent for this long does not run. */
const SILENCE_MS = 60_000;

/** Why SCANS does not become emptier, in a sentence. Never throws. */
export async function whyFull(archive: ArchiveIndex): Promise<string> {
  try {
    const state = await archive.state();
    if (!state || Date.now() - state.updatedUnixMs > SILENCE_MS)
      return (
        'No archiver makes room: start one with `sulcus archiver`, ' +
        'or give SCANS more room (SULCUS_STREAM_SCANS_BYTES)'
      );
    return state.state === 'ready' ? 'The archiver is making room' : `The archiver says: ${state.message}`;
  } catch {
    return 'The broker does not say what the archiver does';
  }
}

/** Whether an object waited in vain for room, so that its sender is to come again: no fault of the object. */
export const isForWantOfRoom = (error: SulcusError): boolean =>
  isTransient(error) || error.code === 'DEADLINE_EXCEEDED' || error.code === 'CANCELLED';
