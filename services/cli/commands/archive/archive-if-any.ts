import { existsSync } from 'node:fs';
import path from 'node:path';
import { openObjectStore, SampleArchive } from '#libs/archive';
import { runsFolder } from '../../shared/paths.js';

/** The archive that was named, else that of this machine's newest run; undefined when it does not exist yet. */
export async function archiveIfAny(place: { archive?: string; endpoint?: string }): Promise<SampleArchive | undefined> {
  const address = place.archive ?? path.join(runsFolder(), 'latest', 'archive');
  const isThere = address.includes('://') || existsSync(address);
  return isThere ? new SampleArchive(await openObjectStore(address, place.endpoint)) : undefined;
}
