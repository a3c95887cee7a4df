import { chainOf, readLineage, type KnownLineage, type LineageRecord, type Segment } from '#libs/lineage';
import type { ModelCard } from '#libs/registry';
import type { AuditContext } from './context.js';
import { PlaceSet } from './place-set.js';

/** What a checkpoint says of the list of what its run has learned. */
export interface ListedRun {
  run: string;
  record: LineageRecord;
}

/** Places of SCANS that a run has learned from or put aside. */
export interface Accounted {
  /** In the weights as they are. */
  learned: PlaceSet;
  putAside: number;
  /** The same, and what was put aside, or learned by weights that the run left behind. */
  places: PlaceSet;
}

/**
 * Every version and checkpoint that names a segment reaches back to its beginning over segments that are there; nothing
 * is listed as learned for the first time twice.
 *
 * @returns what each run accounts for
 */
export async function auditLineage(
  context: AuditContext,
  cards: readonly ModelCard[],
  runs: readonly ListedRun[],
  lastSequence: number,
): Promise<ReadonlyMap<string, Accounted>> {
  const { bus, findings, signal } = context;
  const known = await readLineage(bus, signal);
  for (const [sequence, error] of known.unreadable)
    findings.add({ kind: 'unreadable', where: `LINEAGE/${sequence}`, what: error?.rawMessage ?? 'it is no segment' });
  for (const { version, lineage } of cards) auditChain(context, known, `version ${version}`, lineage.segment);
  const accounted = new Map<string, Accounted>();
  for (const { run, record } of runs) {
    auditChain(context, known, `run ${run}`, record.head ?? undefined);
    accounted.set(run, accountOf(context, known, run, record, lastSequence));
  }
  return accounted;
}

function auditChain(
  { findings }: AuditContext,
  known: KnownLineage,
  where: string,
  head: { hash: string; number: number } | undefined,
): void {
  if (!head) return;
  const chain = [...chainOf(known, head.hash)];
  if (chain.length === head.number && chain.at(-1)!.previous === '') return;
  const missing = head.number - chain.length;
  findings.add({ kind: 'lost', where, what: `${missing} of the ${head.number} segments of its lineage are missing` });
}

function accountOf(
  { findings }: AuditContext,
  known: KnownLineage,
  run: string,
  record: LineageRecord,
  lastSequence: number,
): Accounted {
  const account: Accounted = { learned: new PlaceSet(), putAside: 0, places: new PlaceSet() };
  const open: Pick<Segment, 'learned' | 'relearned' | 'putAside' | 'abandoned'> = {
    ...record,
    learned: new Map(record.learned),
    relearned: new Map(record.relearned),
  };
  const chain = [...chainOf(known, record.head?.hash ?? '')];
  const left = [open, ...chain].flatMap(({ abandoned }) => abandoned);
  let [repeated, beyond] = [0, 0];
  for (const { learned, relearned, putAside } of [...chain.reverse(), open]) {
    for (const [kind, groups] of [
      ['first', learned],
      ['again', relearned],
    ] as const)
      for (const sequences of groups.values())
        for (const sequence of sequences) {
          if (!account.learned.add(sequence) && kind === 'first') repeated++;
          if (sequence > lastSequence) beyond++;
          account.places.add(sequence);
        }
    account.putAside += putAside.length;
    for (const sequence of putAside) account.places.add(sequence);
  }
  for (const hash of left) addAbandoned(known, hash, account.places);
  const where = `run ${run}, lineage`;
  if (repeated > 0)
    findings.add({ kind: 'doubled', where, count: repeated, what: `${repeated} samples were learned as new twice` });
  if (beyond > 0)
    findings.add({ kind: 'wrong', where, count: beyond, what: `${beyond} samples were learned that SCANS never had` });
  return account;
}

function addAbandoned(known: KnownLineage, hash: string, places: PlaceSet): void {
  for (const { learned, relearned, putAside } of chainOf(known, hash)) {
    for (const groups of [learned, relearned])
      for (const sequences of groups.values()) for (const sequence of sequences) places.add(sequence);
    for (const sequence of putAside) places.add(sequence);
  }
}
