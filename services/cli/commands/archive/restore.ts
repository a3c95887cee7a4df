import { mapInOrder } from '#libs/async';
import { ArchiveIndex, bringBack, type SampleArchive } from '#libs/archive';
import type { Bus } from '#libs/bus';
import { duration, flag } from '#libs/config';
import { SulcusError } from '#libs/errors';
import { parseCommandLine, runCommand } from '#libs/service';
import { connectCommand } from '../../shared/connect-command.js';
import { jsonOption, natsOption } from '../../shared/options.js';
import { showProgress } from '../../shared/progress.js';
import { filterOptions, isMeant, loadSample, openArchive, placeOptions } from './open-archive.js';

const OPTIONS = {
  all: ['--all', flag({ default: false, description: 'every archived sample' })],
  ...filterOptions,
  wait: ['--wait <time>', duration({ default: 600_000, description: 'how long to wait while SCANS is full' })],
  json: jsonOption('write one JSON object with the counts instead of a sentence'),
  nats: natsOption,
  ...placeOptions,
} as const;

/** Samples read and sent at once. */
const AT_ONCE = 8;

/** What became of the samples that were asked for. */
interface Counts {
  restored: number;
  /** On SCANS already. */
  present: number;
  /** Not in the archive, or damaged there. */
  failed: number;
}

/** `sulcus archive restore`: sends samples to SCANS again. Exit code 1 when one of them could not be. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = `Sends archived samples to SCANS again, under their newest labels. The archive keeps them, and \
what is on SCANS already stays as it is: the command may be repeated. Name samples by the SHA-256 of their images, or \
choose them with --all, --label or --split.`;
  const parsed = parseCommandLine(
    { name: 'sulcus archive restore', description, operand: '[sample...]', options: OPTIONS },
    argv,
  );
  if (!parsed) return;
  const { options, operands } = parsed;
  requireChoice(operands, options);
  await runCommand('archive restore', async ({ signal }) => {
    const archive = await openArchive(options);
    await using bus = await connectCommand(options.nats, 'archive', signal);
    await bus.ensureTopology();
    const samples = operands.length > 0 ? operands : await listAll(archive, signal);
    const counts = await restoreAll({ bus, archive, options, signal }, samples);
    await archive.close();
    console.log(options.json ? JSON.stringify(counts) : sentence(counts));
    if (counts.failed > 0) process.exitCode = 1;
  });
}

/** @throws INVALID_CONFIG unless samples are named or chosen, not both */
function requireChoice(
  operands: readonly string[],
  { all, label, split }: { all: boolean; label?: string; split?: string },
): void {
  const chosen = all || label !== undefined || split !== undefined;
  if (chosen !== operands.length > 0) return;
  const mistake = chosen
    ? 'name samples, or choose them with --all, --label or --split, not both'
    : 'name samples, or choose them with --all, --label or --split';
  throw new SulcusError('INVALID_CONFIG', mistake, { details: { advice: 'see sulcus archive restore --help' } });
}

async function listAll(archive: SampleArchive, signal: AbortSignal): Promise<string[]> {
  const samples: string[] = [];
  for await (const { sampleId } of archive.list(signal)) samples.push(sampleId);
  return samples;
}

interface Restoring {
  bus: Bus;
  archive: SampleArchive;
  options: { label?: string; split?: string; wait: number };
  signal: AbortSignal;
}

async function restoreAll({ bus, archive, options, signal }: Restoring, samples: readonly string[]): Promise<Counts> {
  const index = new ArchiveIndex(bus);
  const counts: Counts = { restored: 0, present: 0, failed: 0 };
  let done = 0;
  let waitingSaid = false;
  const onRetry = ({ message }: SulcusError): void => {
    if (!waitingSaid) process.stderr.write(`archive restore: waits: ${message}\n`);
    waitingSaid = true;
  };
  const waiting = { signal, whileFull: true, retryTimeoutMs: options.wait, onRetry };
  const restoreOne = async (sampleId: string): Promise<keyof Counts | undefined> => {
    const sample = await loadSample(archive, sampleId);
    if (sample instanceof SulcusError) {
      process.stderr.write(`archive restore: ${sample.message}\n`);
      return 'failed';
    }
    if (!isMeant(sample, options)) return undefined;
    try {
      const { duplicate } = await bringBack(bus, index, sample, { ...waiting, labelToo: true });
      return duplicate ? 'present' : 'restored';
    } catch (error) {
      const { code, message } = SulcusError.from(error);
      if (code !== 'WITHDRAWN') throw error;
      process.stderr.write(`archive restore: ${sampleId}: ${message}\n`);
      return 'failed';
    }
  };
  for await (const outcome of mapInOrder(samples, AT_ONCE, restoreOne)) {
    if (outcome) counts[outcome]++;
    showProgress(++done, samples.length, 'samples');
  }
  return counts;
}

const sentence = ({ restored, present, failed }: Counts): string =>
  `${restored} samples sent to SCANS again, ${present} were there already` +
  (failed > 0 ? `, ${failed} could not be restored` : '');
