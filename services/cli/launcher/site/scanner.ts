import { readFile } from 'node:fs/promises';
import { retryWithBackoff } from '#libs/async';
import { parseDicom } from '#libs/dicom';
import { storeObjects, type Peer } from '#libs/dimse';
import { SulcusError } from '#libs/errors';
import { SCANNER_TITLE } from '../pipeline/site-environment.js';
import type { HospitalStudy } from './hospital.js';

const ASSOCIATION_TIMEOUT_MS = 60_000;
const RETRY_FOR_MS = 5 * 60_000;

/**
 * Sends a study as a scanner does: its objects on one association, again as long as there is nobody who takes them or
 * no room.
 *
 * @returns objects that were sent
 * @throws SERVICE_UNAVAILABLE when it is not taken for minutes; INVALID_ARGUMENT when an object is refused for good
 */
export async function scan({ files }: HospitalStudy, peer: Peer, signal: AbortSignal): Promise<number> {
  const objects = await Promise.all(files.map(async (file) => parseDicom(await readFile(file)).dataSet));
  const call = { peer, callingTitle: SCANNER_TITLE, timeoutMs: ASSOCIATION_TIMEOUT_MS, signal };
  await retryWithBackoff(
    async () => {
      for (const { status, comment } of await storeObjects(call, objects)) {
        if (status === 0) continue;
        const isForWantOfRoom = status >>> 8 === 0xa7;
        throw new SulcusError(
          isForWantOfRoom ? 'SERVICE_UNAVAILABLE' : 'INVALID_ARGUMENT',
          `${peer.title} answered a C-STORE with 0x${status.toString(16).padStart(4, '0')} ${comment}`,
        );
      }
    },
    { signal, timeoutMs: RETRY_FOR_MS },
  );
  return objects.length;
}
