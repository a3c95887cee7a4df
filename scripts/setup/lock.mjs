/**
 * One set-up at a time per clone. Whoever holds the lock has its identity in the lock file, which appears with it in
 * one step; a file that names nobody who lives is taken over. (Written here because set-up runs before there are
 * packages.)
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheFolder } from './paths.mjs';
import { say } from './output.mjs';
import { endOrphans, processIdentity } from './process-groups.mjs';

/** A wait that nobody notices is not worth a line; a long one is worth one now and then. */
const SILENT_WAIT_MS = 1000;
const REMINDER_MS = 60_000;

const POLL_MS = 200;

const asideOf = (file) => `${file}.${process.pid}`;

/** @param {string} file @returns {boolean} whether the lock is ours now */
function tryLock(file) {
  const aside = asideOf(file);
  writeFileSync(aside, processIdentity() ?? String(process.pid));
  try {
    linkSync(aside, file);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** The lock's text, or undefined when there is no lock. @param {string} file */
function readLock(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  }
}

/** The number of the process that a lock names, if it lives. @param {string} text */
function livingHolder(text) {
  const pid = Number(text.split(' ')[0]);
  return processIdentity(pid) === text ? pid : undefined;
}

/** Takes a lock away that was found to be nobody's. @param {string} file @param {string} text what was found in it */
function discard(file, text) {
  const aside = asideOf(file);
  try {
    renameSync(file, aside);
    // Somebody else was faster, and this is a lock that lives.
    if (readFileSync(aside, 'utf8') !== text) linkSync(aside, file);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** @param {number} pid */
function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
  } catch {
    return 'which has just ended';
  }
}

/**
 * Runs `work` while holding the lock, after waiting for whoever holds it now and ending what a killed one left running.
 * @template T
 * @param {() => Promise<T>} work
 * @param {string} [file]
 * @returns {Promise<T>}
 */
export async function withLock(work, file = path.join(cacheFolder, 'setup.lock')) {
  mkdirSync(path.dirname(file), { recursive: true });
  let nextWordMs = Date.now() + SILENT_WAIT_MS;
  while (!tryLock(file)) {
    const text = readLock(file);
    if (text === undefined) continue;
    const holder = livingHolder(text);
    if (holder === undefined) {
      discard(file, text);
      continue;
    }
    if (Date.now() > nextWordMs) {
      say(
        `waiting for another set-up of this clone: process ${holder} (${commandOf(holder)}) holds ${file}. ` +
          `Should it hang, end it: kill ${holder}`,
      );
      nextWordMs = Date.now() + REMINDER_MS;
    }
    await sleep(POLL_MS);
  }
  const release = () => rmSync(file, { force: true });
  process.once('exit', release);
  try {
    const orphans = await endOrphans();
    if (orphans > 0) say(`ended ${orphans} program${orphans > 1 ? 's' : ''} that a killed set-up had left running`);
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}
