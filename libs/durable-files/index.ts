/**
 * Files that outlive a power loss. Imports nothing of ours.
 *
 *     await writeDurably(file, bytes);                       // whole or not at all; durable when it resolves
 *     const listing = new FolderSync(folder);                // a folder that many files come into
 *     await writeDurably(file, bytes, { listing });          // its syncs are shared
 *     writeDurablySync(file, key, { mode: 0o600 });          // where a command has nothing else to do
 *     await makeFolderDurably(path.join(root, 'a', 'b'));    // with those above it that are missing
 *     await syncFolder(folder);                              // after a rename or a link of one's own
 */
export { FolderSync } from './folder-sync.js';
export { makeFolder, makeFolderDurably } from './make-folder.js';
export { syncFolder, syncFolderSync } from './sync-folder.js';
export { UNFINISHED, writeDurably, writeDurablySync, type WriteOptions } from './write-durably.js';
