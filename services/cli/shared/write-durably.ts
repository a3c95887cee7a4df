import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Writes a file that appears whole or not at all, and is there after a power loss. The folder must be durable. */
export function writeDurably(file: string, text: string, mode: number): void {
  const draft = `${file}.${process.pid}.draft`;
  writeFileSync(draft, text, { mode, flush: true });
  renameSync(draft, file);
  syncFolder(path.dirname(file));
}

/** Makes what a folder lists outlive a power loss. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
