import sharp from 'sharp';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { ATTRIBUTES, type Keyword } from '#libs/dicom';
import { createRandom } from '#libs/random';
import { sliceBytes } from '../services/ingest/dicom/_objects.js';
import { noiseImage } from './images.js';

/** As {@link Identifiers} makes them, wherever they begin. */
const NAME = /(?=(q[a-z]{14}))/g;

/** Names as of patients; each is planted once, and known by the door that it was planted at. */
export class Identifiers {
  readonly doors = new Map<string, string>();
  readonly #random: ReturnType<typeof createRandom>;
  #images = 0;

  constructor(seed: string) {
    this.#random = createRandom(seed);
  }

  /** Number of an image or object that there was not before. */
  nextImage(): number {
    return ++this.#images;
  }

  next(door: string): string {
    const letters = Array.from({ length: 14 }, () => String.fromCharCode(97 + this.#random.integer(0, 25)));
    const name = `Q${letters.join('')}`;
    this.doors.set(name, door);
    return name;
  }

  /** Those that are in some bytes, as they are, in other case, or in UTF-16. */
  foundIn(content: Buffer): string[] {
    const text = content.toString('latin1').toLowerCase();
    const wide = text.replaceAll('\0', '');
    const found = [text, ...(wide === text ? [] : [wide])].flatMap((each) =>
      [...each.matchAll(NAME)].flatMap(([, name]) => {
        const door = this.doors.get(`Q${name!.slice(1)}`);
        return door === undefined ? [] : [`${name} (${door})`];
      }),
    );
    return [...new Set(found)];
  }
}

/** An image whose metadata name people, in every place that its format has. */
export async function namedImage(names: Identifiers, format: 'png' | 'jpeg' | 'webp' | 'tiff'): Promise<Buffer> {
  const picture = sharp(await noiseImage(names.nextImage(), { format: 'png' }));
  const next = (where: string): string => names.next(`${where} of ${format}`);
  const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\
<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:title="${next('XMP')}"/></rdf:RDF></x:xmpmeta>`;
  const bytes = await picture
    .withExif({ IFD0: { ImageDescription: next('EXIF'), Artist: next('EXIF') }, IFD2: { UserComment: next('EXIF') } })
    .withXmp(xmp)
    .toFormat(format)
    .toBuffer();
  if (format !== 'jpeg') return bytes;
  const comment = Buffer.from(next('comment'));
  const head = Buffer.from([0xff, 0xfe, 0, comment.length + 2]);
  return Buffer.concat([bytes.subarray(0, 2), head, comment, bytes.subarray(2)]);
}

/** Elements of texts that name somebody or something of a site; not those of the file itself. */
const TEXTS = (Object.keys(ATTRIBUTES) as Keyword[]).filter(
  (keyword) =>
    ATTRIBUTES[keyword][0] > 0x0002_ffff &&
    /Name|Description|Comments|Identifier|StudyID|AccessionNumber|Institution|Station|PatientID/.test(keyword),
);

/** An MR slice whose header names people and places in every such element. @param more elements of this text */
export const namedDicom = (names: Identifiers, more: Partial<Record<Keyword, string>> = {}): Buffer => {
  const texts = TEXTS.filter((keyword) => ['PN', 'LO', 'SH', 'LT', 'ST'].includes(ATTRIBUTES[keyword][1]));
  const named = Object.fromEntries(texts.map((keyword) => [keyword, names.next(keyword)]));
  return sliceBytes({ ...named, ...more }, names.nextImage());
};

/** All files of a folder and those below it. */
export async function filesBelow(folder: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  return new Map(await Promise.all(files.map(async (file) => [file, await readFile(file)] as const)));
}
