/** Whether the disk has room for what is to come, asked before anything is downloaded. */
import { statSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';
import { SetupError, formatBytes } from './output.mjs';

/**
 * @typedef {object} Need what a step takes at most while it works
 * @property {string} what
 * @property {number} bytes
 * @property {string} [folder] where; in the clone by default
 */

/** What of a folder exists: itself or the nearest above it. @param {string} folder */
function existingPart(folder) {
  for (let place = path.resolve(folder); ; place = path.dirname(place)) {
    if (statSync(place, { throwIfNoEntry: false })?.isDirectory() || place === path.dirname(place)) return place;
  }
}

/** The file system of a folder and its free bytes. @param {string} folder */
function measure(folder) {
  const place = existingPart(folder);
  const { bavail, bsize } = statfsSync(place);
  return { fileSystem: String(statSync(place).dev), place, freeBytes: bavail * bsize };
}

/**
 * Refuses to begin what the disk cannot hold. What lies on one file system adds up.
 * @param {readonly Need[]} needs
 * @param {(folder: string) => { fileSystem: string, place: string, freeBytes: number }} [measureFolder]
 * @throws {SetupError} naming what needs how much, and where
 */
export function requireSpace(needs, measureFolder = measure) {
  /** @type {Map<string, { place: string, freeBytes: number, needs: Need[] }>} */
  const groups = new Map();
  for (const need of needs) {
    const { fileSystem, ...measured } = measureFolder(need.folder ?? root);
    const group = groups.get(fileSystem) ?? { ...measured, needs: [] };
    group.needs.push(need);
    groups.set(fileSystem, group);
  }
  for (const { place, freeBytes, needs: together } of groups.values()) {
    const neededBytes = together.reduce((sum, { bytes }) => sum + bytes, 0);
    if (freeBytes >= neededBytes) continue;
    const list = together.map(({ what, bytes }) => `${what} ${formatBytes(bytes)}`).join(', ');
    throw new SetupError(
      `Set-up needs ${formatBytes(neededBytes)} free in ${place} (${list}), which has ${formatBytes(freeBytes)}: ` +
        'free some space and run again.',
    );
  }
}
