import { CheckpointStore, versionName, versionNumber, type CheckpointDamage, type ModelCard } from '#libs/registry';
import { SulcusError } from '#libs/errors';
import { Ledger, type LedgerRecord } from '#services/trainer';
import type { LineageRecord } from '#libs/lineage';
import type { AuditContext } from './context.js';
import { Known } from './known-samples.js';
import type { Accounted } from './lineage.js';
import type { RunAccount } from './run-account.js';
import { auditStreamRun, type StreamManifest } from './stream-run.js';

export interface Manifest {
  recipe?: Record<string, unknown>;
  classes?: readonly string[];
  ledger?: LedgerRecord;
  completedLedger?: LedgerRecord | null;
  lineage?: LineageRecord;
  stream?: StreamManifest;
  /** Version that the run published last. */
  parentVersion?: string | null;
}

/** A run with what its checkpoint says beside the tensors. */
export interface RunCheckpoint {
  run: string;
  manifest: Manifest;
}

/** The checkpoint of every run, as far as it can be read. */
export async function readCheckpoints({ bus, findings, readsContents }: AuditContext): Promise<RunCheckpoint[]> {
  const store = new CheckpointStore(bus);
  const found: RunCheckpoint[] = [];
  for (const run of await store.runs()) {
    try {
      const described = await store.describe(run);
      if (described) found.push({ run, manifest: described.manifest });
      const damage = await store.damage(run, readsContents);
      if (damage)
        findings.add({
          kind: 'lost',
          where: `run ${run}`,
          what: `its newest checkpoint cannot be used: ${damage.error.rawMessage}; ${whatStandsIn(damage)}`,
        });
    } catch (thrown) {
      const { transient, rawMessage } = SulcusError.from(thrown);
      if (transient) throw thrown;
      findings.add({ kind: 'unreadable', where: `run ${run}`, what: `its checkpoint cannot be read: ${rawMessage}` });
    }
  }
  return found;
}

const whatStandsIn = ({ isPreviousSound }: CheckpointDamage): string =>
  isPreviousSound
    ? 'a trainer goes on from the one before it'
    : 'nor can one before it: a trainer goes on from a published version that has an optimizer state, if there is one';

/**
 * The version that a run published last has a card, or a newer one has: the newest of a run is never pruned.
 *
 * @param cards those that can be read
 */
export function auditLastVersion(
  { findings }: AuditContext,
  { run, manifest: { parentVersion } }: RunCheckpoint,
  cards: readonly ModelCard[],
): void {
  // A run may have begun from a version of another.
  if (!parentVersion || parentVersion !== versionName(run, versionNumber(parentVersion))) return;
  const newest = Math.max(0, ...cards.filter((card) => card.run === run).map(({ version }) => versionNumber(version)));
  if (newest >= versionNumber(parentVersion)) return;
  findings.add({
    kind: 'lost',
    where: `version ${parentVersion}`,
    what: `run ${run} has published it, and there is neither its card nor that of one behind it`,
  });
}

/** What became of the samples in a run, by its ledgers, or in stream mode by the list of what it has learned. */
export function auditRun(
  context: AuditContext,
  { run, manifest }: RunCheckpoint,
  accounted: Accounted | undefined,
  lastSequence: number,
): RunAccount {
  const mode = manifest.recipe?.['mode'] === 'stream' ? 'stream' : 'epochs';
  const account: RunAccount = { run, mode, learned: 0, putAside: 0, waiting: 0, heldOut: 0, unlabelled: 0 };
  if (mode === 'stream') return auditStreamRun(context, account, manifest, accounted);
  const ledgers = [manifest.completedLedger, manifest.ledger].flatMap((record) => {
    const ledger = record && openLedger(context, run, record, lastSequence);
    return ledger ? [ledger] : [];
  });
  const [completed, current] = manifest.completedLedger ? ledgers : [undefined, ledgers[0]];
  const learned = completed ?? current;
  if (learned) {
    account.learned = learned.appliedRows;
    account.putAside = learned.droppedRows;
  }
  const classes = new Set(manifest.classes);
  const missing = countSamples(context, account, classes, completed, current);
  if (completed) tellMissing(context, run, completed, missing);
  return account;
}

/** A ledger whose counts and bits agree and whose samples exist; else what is wrong is told. */
function openLedger(
  { findings }: AuditContext,
  run: string,
  record: LedgerRecord,
  lastSequence: number,
): Ledger | undefined {
  const where = `run ${run}, ledger of epoch ${record.pass}`;
  let ledger: Ledger;
  try {
    ledger = Ledger.fromRecord(record);
  } catch (error) {
    findings.add({ kind: 'doubled', where, what: SulcusError.from(error).rawMessage });
    return undefined;
  }
  const { last } = ledger.settledRange;
  if (last > lastSequence || ledger.snapshotSequence > lastSequence)
    findings.add({
      kind: 'wrong',
      where,
      what:
        `it names scan ${Math.max(last, ledger.snapshotSequence)}, and SCANS never had more than ${lastSequence}: ` +
        'the checkpoint is of another state, or SCANS was made anew',
    });
  return ledger;
}

/** Samples that a complete epoch should have gone over and did not, by class, with those it did. */
interface Missing {
  sequences: number[];
  settledByClass: Map<string, number>;
}

function countSamples(
  { samples }: AuditContext,
  account: RunAccount,
  classes: ReadonlySet<string>,
  completed: Ledger | undefined,
  current: Ledger | undefined,
): Missing {
  const missing: Missing = { sequences: [], settledByClass: new Map() };
  for (let number = 0; number < samples.size; number++) {
    const { known, sequence, split, label } = samples.at(number);
    if (sequence === 0) continue;
    if (split !== 'SPLIT_TRAIN') account.heldOut++;
    else if (!classes.has(label)) account.unlabelled++;
    else if ((known & Known.RELABELLED) !== 0 && !completed?.isSettled(sequence)) account.waiting++;
    else if (completed?.isSettled(sequence)) {
      missing.settledByClass.set(label, (missing.settledByClass.get(label) ?? 0) + 1);
    } else if (completed && sequence <= completed.snapshotSequence && !current?.isSettled(sequence))
      missing.sequences.push(sequence);
    else if (!current?.isSettled(sequence)) account.waiting++;
  }
  return missing;
}

/** An epoch that took equally many of each class was a balanced one, and leaves the others out on purpose. */
function tellMissing(
  { findings }: AuditContext,
  run: string,
  completed: Ledger,
  { sequences, settledByClass }: Missing,
): void {
  const counts = [...settledByClass.values()];
  if (sequences.length === 0 || (counts.length > 1 && counts.every((count) => count === counts[0]))) return;
  const shown = sequences.slice(0, 10).join(', ');
  findings.add({
    kind: 'lost',
    where: `run ${run}, epoch ${completed.epoch}`,
    count: sequences.length,
    what:
      `complete, and without the effect of ${sequences.length} of its samples ` +
      `(scans ${shown}${sequences.length > 10 ? ', …' : ''})`,
  });
}
