import type { Decision } from '#libs/contracts';
import { readDecisions } from '#libs/decisions';
import { recordMove, Registry, type AliasMove, type ModelCard } from '#libs/registry';
import type { AuditContext } from './context.js';

const identity = (alias: string, { version, timeUnixMs }: Pick<AliasMove, 'version' | 'timeUnixMs'>): string =>
  `${alias} ${version} ${timeUnixMs}`;

/**
 * The record of decisions is whole, every move of an alias that the registry remembers is on it, and the last move on
 * it is one that the alias remembers. Who is killed between a move and its entry leaves one out; a repair adds it
 * behind the others. An alias that forgot its last moves, as on a damaged disk, is for people to move.
 *
 * @returns sound entries
 */
export async function auditDecisions(context: AuditContext, cards: readonly ModelCard[]): Promise<number> {
  const { bus, findings, signal } = context;
  const moves = new Set<string>();
  const last = new Map<string, Decision>();
  let entries = 0;
  for await (const read of readDecisions(bus, signal)) {
    if (read.why !== undefined) {
      findings.add({ kind: 'wrong', where: `decision ${read.number}`, what: read.why });
      break;
    }
    entries++;
    const { kind, alias } = read.decision;
    if (kind !== 'KIND_PROMOTED' && kind !== 'KIND_ROLLED_BACK') continue;
    moves.add(identity(alias, read.decision));
    last.set(alias, read.decision);
  }
  await auditMoves(context, cards, moves, last);
  return entries;
}

async function auditMoves(
  { bus, findings }: AuditContext,
  cards: readonly ModelCard[],
  recorded: ReadonlySet<string>,
  last: ReadonlyMap<string, Decision>,
): Promise<void> {
  // An alias that cannot be read is told with the versions.
  const aliases = await new Registry(bus).aliases();
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
  const present = new Set(
    (await (await bus.keyValue('models')).keys('alias.')).map((key) => key.slice('alias.'.length)),
  );
  for (const [alias, decision] of last) {
    const record = aliases.get(alias);
    if (!record && present.has(alias)) continue;
    if (record && [record, ...record.history].some((move) => identity(alias, move) === identity(alias, decision)))
      continue;
    const now = record ? `it points to ${record.version}` : 'there is no such alias';
    findings.add({
      kind: 'lost',
      where: `alias ${alias}`,
      what:
        `its last move on record (decision ${decision.number}) was to ${decision.version}, which it does not ` +
        `remember: ${now}. sulcus promote moves it`,
    });
  }
}
