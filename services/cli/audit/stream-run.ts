import type { AuditContext } from './context.js';
import { Known } from './known-samples.js';
import type { Accounted } from './lineage.js';
import type { RunAccount } from './run-account.js';

/** What a checkpoint says of a run that learns from a stream, as far as an audit goes by it. */
export interface StreamManifest {
  lineage?: { count: number };
  plan?: {
    warmUpStepsLeft: number | null;
    pending: readonly { scanSequence: number }[];
    memory: { cursor: { scan: number }; replay: readonly { scanSequence: number }[] };
  };
}

/**
 * What a run that learns from a stream has taken in is learned, put aside, or still before it: in the replay memory or
 * among the new ones. Samples that a label was given to apart from the image are counted, and their place among the
 * events is not followed.
 */
export function auditStreamRun(
  { samples, findings }: AuditContext,
  account: RunAccount,
  { classes, stream }: { classes?: readonly string[]; stream?: StreamManifest },
  accounted: Accounted | undefined,
): RunAccount {
  const plan = stream?.plan;
  account.learned = accounted?.learned.count ?? stream?.lineage?.count ?? 0;
  account.putAside = accounted?.putAside ?? 0;
  const before = new Set([...(plan?.pending ?? []), ...(plan?.memory.replay ?? [])].map((each) => each.scanSequence));
  const known = new Set(classes);
  const missing: number[] = [];
  for (let number = 0; number < samples.size; number++) {
    const { known: bits, sequence, split, label } = samples.at(number);
    if (sequence === 0 || (bits & Known.WITHDRAWN) !== 0) continue;
    if (split !== 'SPLIT_TRAIN') account.heldOut++;
    else if (accounted?.places.has(sequence)) continue;
    else if ((bits & Known.RELABELLED) === 0 && !known.has(label)) account.unlabelled++;
    else if ((bits & Known.RELABELLED) !== 0 || !plan || sequence > plan.memory.cursor.scan || before.has(sequence))
      account.waiting++;
    else missing.push(sequence);
  }
  // Only a list that reaches back to the beginning says what is missing from it.
  const isWhole = accounted !== undefined && accounted.places.count >= (stream?.lineage?.count ?? 0);
  if (missing.length === 0 || !isWhole || plan?.warmUpStepsLeft !== 0) {
    account.waiting += missing.length;
    return account;
  }
  const shown = `${missing.slice(0, 10).join(', ')}${missing.length > 10 ? ', …' : ''}`;
  findings.add({
    kind: 'lost',
    where: `run ${account.run}`,
    count: missing.length,
    what: `${missing.length} samples were taken in and neither learned nor put aside (scans ${shown})`,
  });
  return account;
}
