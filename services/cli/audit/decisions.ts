import { readDecisions } from '#libs/decisions';
import { recordMove, Registry, type AliasMove, type ModelCard } from '#libs/registry';
import type { AuditContext } from './context.js';

const identity = (alias: string, { version, timeUnixMs }: Pick<AliasMove, 'version' | 'timeUnixMs'>): string =>
  `${alias} ${version} ${timeUnixMs}`;

/**
 * The record of decisions is whole, and every move of an alias that the registry remembers is on it. Who is killed
 * between a move and its entry leaves one out; a repair adds it behind the others.
 *
 * @returns sound entries
 */
export async function auditDecisions(context: AuditContext, cards: readonly ModelCard[]): Promise<number> {
  const { bus, findings, signal } = context;
  const moves = new Set<string>();
  let entries = 0;
  for await (const read of readDecisions(bus, signal)) {
    if (read.why !== undefined) {
      findings.add({ kind: 'wrong', where: `decision ${read.number}`, what: read.why });
      break;
    }
    entries++;
    const { kind, alias } = read.decision;
    if (kind === 'KIND_PROMOTED' || kind === 'KIND_ROLLED_BACK') moves.add(identity(alias, read.decision));
  }
  await auditMoves(context, cards, moves);
  return entries;
}

async function auditMoves(
  { bus, findings }: AuditContext,
  cards: readonly ModelCard[],
  recorded: ReadonlySet<string>,
): Promise<void> {
  // An alias that cannot be read is told with the versions.
  const aliases = await new Registry(bus).aliases().catch(() => new Map<string, never>());
  for (const [alias, record] of aliases) {
    for (const move of [record, ...record.history].reverse()) {
      if (move.kind === undefined || recorded.has(identity(alias, move))) continue;
      findings.add(
        {
          kind: 'unrecorded',
          where: `alias ${alias}`,
          what: `it moved to ${move.version} (${move.reason}), and that is not on the record of decisions`,
        },
        async () => {
          const run = cards.find(({ version }) => version === move.version)?.run ?? '';
          await recordMove(bus, alias, { ...move, reason: `${move.reason} (put on record later, by an audit)` }, run);
          return `put on record that ${alias} moved to ${move.version}`;
        },
      );
    }
  }
}
