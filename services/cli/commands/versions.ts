import type { AliasMove, AliasRecord, ModelCard } from '#libs/registry';
import { parseCommandLine, table } from '#libs/service';
import { jsonOption, natsOption } from '../shared/options.js';
import { withRegistry } from '../shared/registry-access.js';

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
        'Lists the model versions, newest first: aliases, validation, parent, and why an alias moved there last.',
      options: OPTIONS,
    },
    argv,
  );
  if (!parsed) return;
  await withRegistry('versions', parsed.options.nats, async (registry) => {
    const [cards, aliases] = await Promise.all([registry.list(), registry.aliases()]);
    const versions = cards.reverse().map((card) => describe(card, aliases));
    if (parsed.options.json) console.log(JSON.stringify(versions, null, 2));
    else if (versions.length === 0) console.log('No model version has been published yet');
    else console.log(lines(versions).join('\n'));
  });
}

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
  /** What moved an alias onto it last, if anything did. */
  lastMove: { alias: string; kind: AliasMove['kind']; reason: string; time: string } | undefined;
}

function describe(card: ModelCard, aliases: ReadonlyMap<string, AliasRecord>): VersionLine {
  const moves = [...aliases].flatMap(([alias, record]) =>
    [record, ...record.history].filter(({ version }) => version === card.version).map((move) => ({ alias, ...move })),
  );
  const last = moves.sort((left, right) => right.timeUnixMs - left.timeUnixMs)[0];
  const { loss, accuracy } = card.metrics.validation;
  return {
    version: card.version,
    aliases: [...aliases].filter(([, { version }]) => version === card.version).map(([alias]) => alias),
    published: isoMinute(card.createdUnixMs),
    architecture: card.architecture,
    step: card.step,
    loss,
    accuracy,
    parent: card.parent ?? '',
    lastMove: last && { alias: last.alias, kind: last.kind, reason: last.reason, time: isoMinute(last.timeUnixMs) },
  };
}

function lines(versions: readonly VersionLine[]): string[] {
  const rows = versions.map(({ version, aliases, published, architecture, step, loss, accuracy, parent, lastMove }) => [
    version,
    aliases.join(', '),
    published,
    architecture,
    String(step),
    loss.toFixed(4),
    `${(100 * accuracy).toFixed(1)} %`,
    parent,
    lastMove ? describeMove(lastMove) : '',
  ]);
  return table(
    [['version', 'alias', 'published (UTC)', 'network', 'step', 'loss', 'accuracy', 'parent', 'last move'], ...rows],
    new Set([4, 5, 6]),
  );
}

const describeMove = ({ alias, time, kind, reason }: NonNullable<VersionLine['lastMove']>): string =>
  `${alias} ${time}: ${kind === 'rolled-back' ? 'rolled back: ' : ''}${reason}`;

const isoMinute = (unixMs: number): string => new Date(unixMs).toISOString().slice(0, 16).replace('T', ' ');
