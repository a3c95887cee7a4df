import { mkdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { optional, text } from '#libs/config';
import { ATTRIBUTES, formatTag, isDicom, parseDicom, type DataSet, type Keyword } from '#libs/dicom';
import { parseCommandLine, runCommand } from '#libs/service';
import { configOption, enterConfigFile, readConfig } from '#services/edge';
import {
  DicomIntake,
  importEnvironment,
  listData,
  loadPseudonymKey,
  Pseudonyms,
  readImportConfig,
  readImageFile,
} from '#services/ingest';

const OPTIONS = {
  ...configOption,
  output: ['--output <folder>', optional(text({ description: 'writes what would leave to this folder' }))],
} as const;

const { natsUrl: _nats, retryTimeoutMs: _retry, ...ENVIRONMENT } = importEnvironment;

/** `sulcus deidentify PATH`: shows what would leave the site of DICOM files, and sends nothing. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = `Shows what ingest would let leave the site of a DICOM file, or of all in a folder: every \
attribute with its value, and how many stay. With the configuration file of an edge (--config) it is what this edge \
would send, pseudonyms included. Nothing is sent.`;
  const parsed = parseCommandLine(
    { name: 'sulcus deidentify', description, operand: '<path>', options: OPTIONS, environment: ENVIRONMENT },
    argv,
  );
  if (!parsed) return;
  const { config: configFile, output } = parsed.options;
  // The folder of the configuration file becomes the current one.
  const [target, results] = [path.resolve(parsed.operand!), output && path.resolve(output)];
  enterConfigFile(configFile);
  await runCommand('deidentify', async ({ log, signal }) => {
    const config = configFile === undefined ? readImportConfig() : readConfig();
    const pseudonyms = new Pseudonyms(config.site, await loadPseudonymKey(config.pseudonymKey, config.dataDir, log));
    await using intake = new DicomIntake(config, pseudonyms);
    for (const file of await filesOf(target, signal)) {
      signal.throwIfAborted();
      const bytes = await readImageFile(file, config.maxFileBytes);
      if (!isDicom(bytes)) continue;
      process.stdout.write(`${file}\n`);
      await show(intake, { bytes, source: file }, results);
    }
  });
}

async function filesOf(target: string, signal: AbortSignal): Promise<string[]> {
  if ((await stat(target)).isFile() && !target.endsWith('.csv')) return [target];
  return (await listData(target, { signal })).map(({ file }) => file);
}

async function show(
  intake: DicomIntake,
  input: { bytes: Buffer; source: string },
  output: string | undefined,
): Promise<void> {
  const object = await intake.open(input);
  if (object.kind === 'filtered') return say(`  nothing leaves: not wanted (${object.reason})`);
  if (object.kind === 'held') return say(`  nothing leaves: ${object.error.rawMessage}`);
  const before = parseDicom(input.bytes).dataSet;
  for (let frame = 0; frame < object.frames; frame++) {
    const scan = await object.prepare(frame).catch((error: Error) => error);
    if (scan instanceof Error) {
      say(`  nothing leaves: ${scan.message}`);
      continue;
    }
    const { dataSet } = parseDicom(scan.image.inline);
    if (frame === 0) for (const line of linesOf(dataSet)) say(line);
    const stays = [...before.elements.keys()].filter((tag) => !dataSet.elements.has(tag)).length;
    const ofFrame = object.frames > 1 ? `frame ${frame + 1}: ` : '';
    say(`  ${ofFrame}${dataSet.elements.size} attributes leave, ${stays} stay · sample ${scan.sampleId.slice(0, 12)}`);
    if (output !== undefined) await write(path.join(output, `${scan.sampleId}.dcm`), scan.image.inline);
  }
}

function linesOf(dataSet: DataSet): string[] {
  const names = new Map<number, Keyword>(
    Object.entries(ATTRIBUTES).map(([keyword, [tag]]) => [tag, keyword as Keyword]),
  );
  return [...dataSet.elements.values()]
    .sort((left, right) => left.tag - right.tag)
    .map(({ tag, items, bytes }) => {
      const keyword = names.get(tag);
      const values = keyword ? valuesOf(dataSet, keyword) : '';
      const shown = items ? `${items.length} items` : keyword === 'PixelData' ? `${bytes.length} bytes` : values;
      return `  ${formatTag(tag)} ${(keyword ?? '').padEnd(40)} ${shown}`;
    });
}

function valuesOf(dataSet: DataSet, keyword: Keyword): string {
  const isNumber = ['US', 'FD'].includes(ATTRIBUTES[keyword][1]);
  return isNumber ? dataSet.numbers(keyword).join('\\') : dataSet.texts(keyword).join('\\');
}

async function write(file: string, bytes: Uint8Array): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, bytes);
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
