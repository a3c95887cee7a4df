import type { SulcusError } from '#libs/errors';
import { hasWeights, type AliasMove, type AliasRecord, type ModelCard, type Registry } from '#libs/registry';
import { parseCommandLine, table } from '#libs/service';
import { jsonOption, natsOption } from '../shared/options.js';
import { withRegistry } from '../shared/registry-access.js';
import { percent } from '../shared/percent.js';

const OPTIONS = {
  json: jsonOption(),
  nats: natsOption,
} as const;

/** `sulcus versions`: the model versions there are, newest first, and why aliases moved onto them. */
export async function main(argv: readonly string[]): Promise<void> {
  const parsed = parseCommandLine(
    {
      name: 'sulcus versions',
      description:
        'Lists the model versions, newest first: aliases, validation, gate, parent, whether the weights are kept, ' +
        'and why an alias moved there last, or what the gate said.',
      options: OPTIONS,
    },
    argv,
  );
  if (!parsed) return;
  await withRegistry('versions', parsed.options.nats, async (registry) => {
    const [cards, aliases] = await Promise.all([registry.list(onBad), registry.aliases()]);
    const versions = await Promise.all(
      cards.reverse().map(async (card) => ({
        ...describe(card, aliases),
        withdrawn: (await registry.marks(card.version)).reduce((sum, mark) => sum + mark.samples, 0),
      })),
    );
    if (parsed.options.json) console.log(JSON.stringify(versions, null, 2));
    else if (versions.length === 0) console.log('No model version has been published yet');
    else console.log([...lines(versions), ...(await freezes(registry, [...aliases.keys()]))].join('\n'));
  });
}

/** A line for each alias that trainers do not move. */
async function freezes(registry: Registry, aliases: readonly string[]): Promise<string[]> {
  const frozen = await Promise.all(aliases.map(async (alias) => ({ alias, freeze: await registry.frozen(alias) })));
  return frozen.flatMap(({ alias, freeze }) =>
    freeze ? [`${alias} is frozen since ${isoMinute(freeze.sinceUnixMs)} (${freeze.reason}): sulcus thaw`] : [],
  );
}

/** What is no card is named beside the list, not in it. */
const onBad = (version: string, error: SulcusError): void =>
  void process.stderr.write(`versions: bad card of ${version}: ${error.message}\n`);

interface VersionLine {
  version: string;
  /** Aliases that point to it. */
  aliases: string[];
  published: string;
  architecture: string;
  step: number;
  loss: number;
  /** Fraction, 0-1. */
  accuracy: number;
  parent: string;
  /** Share of the gate's samples that it answered rightly, 0-1; undefined: not judged. */
  gateAccuracy: number | undefined;
  /** Whether its weights are kept: a version that was declined keeps its card alone. */
  hasWeights: boolean;
  /** What the gate said of it; undefined: not judged. */
  verdict: string | undefined;
  /** What moved an alias onto it last, if anything did. */
  lastMove: { alias: string; kind: AliasMove['kind']; reason: string; time: string } | undefined;
  /** Samples that it learned from and that were withdrawn since. */
  withdrawn: number;
}

function describe(card: ModelCard, aliases: ReadonlyMap<string, AliasRecord>): Omit<VersionLine, 'withdrawn'> {
  const moves = [...aliases].flatMap(([alias, record]) =>
    [record, ...record.history].filter(({ version }) => version === card.version).map((move) => ({ alias, ...move })),
  );
  const last = moves.sort((left, right) => right.timeUnixMs - left.timeUnixMs)[0];
  const { validation, gate } = card.metrics;
  const { loss, accuracy } = validation;
  return {
    version: card.version,
    aliases: [...aliases].filter(([, { version }]) => version === card.version).map(([alias]) => alias),
    published: isoMinute(card.createdUnixMs),
    architecture: card.architecture,
    step: card.step,
    loss,
    accuracy,
    parent: card.parent ?? '',
    gateAccuracy: gate?.accuracy,
    hasWeights: hasWeights(card),
    verdict: gate?.reason,
    lastMove: last && { alias: last.alias, kind: last.kind, reason: last.reason, time: isoMinute(last.timeUnixMs) },
  };
}

const HEADER = [
  'version',
  'alias',
  'published (UTC)',
  'network',
  'step',
  'loss',
  'accuracy',
  'gate',
  'parent',
  'weights',
  'last move, or verdict',
];

function lines(versions: readonly VersionLine[]): string[] {
  const rows = versions.map((line) => [
    line.version,
    line.aliases.join(', '),
    line.published,
    line.architecture,
    String(line.step),
    line.loss.toFixed(4),
    percent(line.accuracy),
    line.gateAccuracy === undefined ? '' : percent(line.gateAccuracy),
    line.parent,
    line.hasWeights ? 'kept' : 'card only',
    (line.withdrawn > 0 ? `learned from ${line.withdrawn} samples withdrawn since; ` : '') +
      (line.lastMove ? describeMove(line.lastMove) : (line.verdict ?? '')),
  ]);
  return table([HEADER, ...rows], new Set([4, 5, 6, 7]));
}

const describeMove = ({ alias, time, kind, reason }: NonNullable<VersionLine['lastMove']>): string =>
  `${alias} ${time}: ${kind === 'rolled-back' ? 'rolled back: ' : ''}${reason}`;

const isoMinute = (unixMs: number): string => new Date(unixMs).toISOString().slice(0, 16).replace('T', ' ');
