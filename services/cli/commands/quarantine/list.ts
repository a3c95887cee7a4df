import { parseCommandLine, table } from '#libs/service';
import { jsonOption } from '../../shared/options.js';
import { folderOption, heldIn } from './held.js';

const OPTIONS = {
  dataDir: folderOption,
  json: jsonOption('write a line of JSON for each instead of a table'),
} as const;

const SHORT_NAME_CHARS = 12;

/** `sulcus quarantine list`. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = `Lists what a site holds back, oldest first, with its cause. Sources are named as the site knows \
them: they may name patients, and so may the objects.`;
  const parsed = parseCommandLine({ name: 'sulcus quarantine list', description, options: OPTIONS }, argv);
  if (!parsed) return;
  const held = await heldIn(parsed.options.dataDir);
  if (parsed.options.json) {
    for (const { note, ...object } of held) console.log(JSON.stringify({ ...object, ...note }));
    return;
  }
  if (held.length === 0) return console.log('Nothing is held');
  const rows = held.map(({ name, sizeBytes, heldAt, note }) => [
    name.slice(0, SHORT_NAME_CHARS),
    heldAt.slice(0, 16),
    `${(sizeBytes / 1e6).toFixed(2)} MB`,
    ...[note.code, note.source, note.reason],
  ]);
  console.log(table([['name', 'since (UTC)', 'size', 'code', 'source', 'cause'], ...rows], new Set([2])).join('\n'));
  const bytes = held.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  console.log(`${held.length} objects, ${(bytes / 1e6).toFixed(2)} MB`);
}
