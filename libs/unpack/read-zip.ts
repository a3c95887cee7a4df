import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { openPromise, type Entry } from 'yauzl';
import { refused, type Admission, type EntryHeader } from './admission.js';

/** Where a zip file made on Unix keeps the mode of a file. */
const MODE_SHIFT = 16;
const MODE_KIND = 0o170000;
const MODE_LINK = 0o120000;
const MADE_ON_UNIX = 3;

/**
 * Unpacks a zip file entry by entry, each checked against its CRC-32.
 *
 * @throws INVALID_ARGUMENT; what yauzl finds wrong with the file
 */
export async function readZip(file: string, admission: Admission, onEntry: () => void): Promise<void> {
  const zip = await openPromise(file, { autoClose: false });
  try {
    for await (const entry of zip.eachEntry()) {
      const target = await admission.admit(headerOf(entry));
      if (target !== undefined) {
        requireReadable(entry);
        await writeContent(target, entry, () => zip.openReadStreamPromise(entry));
      }
      onEntry();
    }
  } finally {
    zip.close();
  }
}

/**
 * @param openContent yauzl tells a failure of what it opens once, without ending it: who begins to read behind that
 * waits for ever. Therefore it is opened last
 */
async function writeContent(target: string, entry: Entry, openContent: () => Promise<Readable>): Promise<void> {
  await using file = await open(target, 'wx');
  const content = await openContent();
  try {
    for await (const bytes of checked(entry, content)) await file.writeFile(bytes);
  } finally {
    content.destroy();
  }
}

/** The same bytes; throws behind the last when they are not those that were packed. */
async function* checked({ fileName, crc32: expected }: Entry, content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let sum = 0;
  for await (const chunk of content) {
    sum = crc32(chunk, sum);
    yield chunk;
  }
  if (sum !== expected) throw refused(`"${fileName}" is damaged: its checksum differs`);
}

function headerOf({ fileName, uncompressedSize, externalFileAttributes, versionMadeBy }: Entry): EntryHeader {
  const isLink =
    versionMadeBy >> 8 === MADE_ON_UNIX && ((externalFileAttributes >>> MODE_SHIFT) & MODE_KIND) === MODE_LINK;
  const kind = isLink ? 'link' : fileName.endsWith('/') ? 'folder' : 'file';
  return { name: fileName, kind, bytes: uncompressedSize };
}

function requireReadable(entry: Entry): void {
  if (entry.isEncrypted()) throw refused(`"${entry.fileName}" is encrypted: pack it without a password`);
  if (!entry.canDecodeFileData())
    throw refused(`"${entry.fileName}" is compressed by method ${entry.compressionMethod}: use deflate or store`);
}
