import type { Random } from '#libs/random';
import { createLogger } from '#libs/telemetry';
import { SampleFinder } from '../../../services/cli/shared/sample-of.js';
import { readAnnotations } from '../../../services/cli/commands/annotate/read-annotations.js';
import { readManifest } from '../../../services/ingest/sources/manifest/read-manifest.js';
import { mutateBytes } from '../mutate/bytes.js';
import { choose } from '../mutate/choose.js';
import { mutateParts } from '../mutate/parts.js';
import { mutateText } from '../mutate/text.js';
import type { Target } from '../target.js';
import { fileTarget } from './file-target.js';

const log = createLogger('fuzz');

const MANIFESTS = [
  'path,label,patient,study,split\na.png,glioma,p1,s1,train\nb.png,notumor,p2,s2,validation\nc/d.jpg,glioma,p1,,\n',
  'Filename;Class\n"x;1.png";glioma\nx2.png;"no\ntumor"\n',
  'sep=\t\nimage\tdiagnosis\tsubset\n1.tif\tA\ttest\n2.tif\tB\tgate\n',
  '1.png,a\n2.png,b\n3.png,a\n',
];
const ANNOTATIONS = [
  `sample,label,source\n${'0a'.repeat(32)},glioma,reader\n${'1b'.repeat(32)},notumor,\n`,
  'study,label\ns1,glioma\ns2,notumor\n',
  'path,label,patient\na.png,glioma,p1\n',
];

/** A table with cells, lines, names and delimiters changed. */
function mutateTable(random: Random, table: string): Buffer {
  if (random.chance(0.2)) return mutateBytes(random, Buffer.from(table));
  const delimiter = choose(random, [',', ',', ';', '\t', '|', '"', '']);
  const changeLine = (line: string): string =>
    mutateParts(random, line.split(/[,;\t]/), (cell) => mutateText(random, cell)).join(delimiter);
  const text = mutateParts(random, table.split('\n'), changeLine).join(choose(random, ['\n', '\n', '\r\n', '\r']));
  const encoding = choose(random, ['utf8', 'utf8', 'utf8', 'latin1', 'utf16le'] as const);
  return Buffer.concat([
    encoding === 'utf16le' ? Buffer.from([0xff, 0xfe]) : Buffer.alloc(0),
    Buffer.from(text, encoding),
  ]);
}

const tableTarget = (name: string, tables: readonly string[], read: (file: string) => Promise<unknown>): Target =>
  fileTarget({
    name,
    share: 6,
    file: 'table.csv',
    maker: async () => (random) => mutateTable(random, choose(random, tables)),
    read,
  });

/** Tables that a site gives: which images there are, and how they are labelled. */
export const csvTargets: readonly Target[] = [
  tableTarget('manifest', MANIFESTS, (file) => readManifest(file)),
  tableTarget('annotations', ANNOTATIONS, async (file) => {
    await using finder = new SampleFinder(log);
    await readAnnotations(file, 'a reader', finder);
  }),
];
