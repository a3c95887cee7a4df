/** One set-up at a time per clone; a lock left behind by a killed one is taken over. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheFolder } from './paths.mjs';
import { say } from './output.mjs';

/** A wait that nobody notices is not worth a line. */
const SILENT_WAIT_MS = 1000;

/** A pid alone may belong to a later process; with its start time it is unique until the next boot. */
function identify(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return undefined;
  }
}

function tryLock(file) {
  try {
    writeFileSync(file, identify(process.pid) ?? String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
}

/** @param {string} file @returns {string | undefined} the owner, when it is still running */
function livingOwner(file) {
  try {
    const owner = readFileSync(file, 'utf8');
    // An empty file is a lock whose owner is about to write its name.
    return owner === '' || identify(Number(owner.split(' ')[0])) === owner ? owner : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Runs `work` while holding the lock, after waiting for whoever holds it now.
 * @template T
 * @param {() => Promise<T>} work
 * @param {string} [file]
 * @returns {Promise<T>}
 */
export async function withLock(work, file = path.join(cacheFolder, 'setup.lock')) {
  mkdirSync(path.dirname(file), { recursive: true });
  const startedMs = Date.now();
  let told = false;
  while (!tryLock(file)) {
    const owner = livingOwner(file);
    if (owner === undefined) {
      rmSync(file, { force: true });
      continue;
    }
    if (!told && Date.now() - startedMs > SILENT_WAIT_MS) {
      say(`another set-up of this clone is at work (process ${owner.split(' ')[0]}); waiting for it`);
      told = true;
    }
    await sleep(200);
  }
  const release = () => rmSync(file, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}
