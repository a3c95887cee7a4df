import type { SampleArchive } from '#libs/archive';
import type { Bus } from '#libs/bus';
import { auditAccepted } from './accepted-list.js';
import { auditArchive, compareArchive } from './archived.js';
import { auditBatches } from './batches.js';
import type { AuditContext } from './context.js';
import { auditDecisions } from './decisions.js';
import { Findings } from './findings.js';
import { Known, KnownSamples } from './known-samples.js';
import { auditPlaces } from './places.js';
import { auditLineage } from './lineage.js';
import { readGivenLabels } from './labels.js';
import type { RunAccount } from './run-account.js';
import { auditLastVersion, auditRun, readCheckpoints } from './runs.js';
import { auditScans } from './scans.js';
import { auditStreams } from './streams.js';
import { auditVersions } from './versions.js';
import { auditWithdrawn } from './withdrawn.js';

export interface AuditOptions {
  bus: Bus;
  /** Undefined when nothing was ever archived. */
  archive: SampleArchive | undefined;
  readsContents: boolean;
  /** File that lists samples which senders were told to be accepted. */
  accepted: string | undefined;
  signal: AbortSignal;
}

/** What an audit says. */
export interface AuditReport {
  /** Places of SCANS that were ever given: scans that were accepted, and those that came back from the archive. */
  places: number;
  /** Places of SCANS that a full disk used up: nothing was ever acknowledged there. */
  unusedPlaces: number;
  samples: {
    /** Samples that are known, wherever they are. */
    known: number;
    onScans: number;
    /** In the archive and not on SCANS. */
    archived: number;
    withdrawn: number;
  };
  /** Samples on the list of accepted ones; undefined without one. */
  listed: number | undefined;
  batches: number;
  versions: number;
  /** Sound entries of the record of decisions. */
  decisions: number;
  runs: RunAccount[];
  findings: Findings;
}

/**
 * Follows every accepted sample from its acceptance to its effect. In an order that stands a pipeline at work: what
 * moves from SCANS to the archive meanwhile is noted there before it leaves, what comes back says where it was.
 *
 * @throws BUS_UNAVAILABLE, SERVICE_UNAVAILABLE, INVALID_CONFIG when something cannot be looked at
 */
export async function audit({ bus, archive, readsContents, accepted, signal }: AuditOptions): Promise<AuditReport> {
  const samples = new KnownSamples();
  const findings = new Findings();
  const given = await readGivenLabels(bus, signal);
  const context: AuditContext = { bus, archive, samples, given, findings, readsContents, signal };
  const { lastSequence } = await auditScans(context);
  await auditArchive(context);
  const { lastSequence: lastNow } = await auditScans(context, lastSequence + 1);
  await auditWithdrawn(context);
  await compareArchive(context);
  const unusedPlaces = await auditPlaces(context, lastNow);
  const listedAccepted = accepted === undefined ? undefined : await auditAccepted(context, accepted);
  const batches = await auditBatches(context);
  const checkpoints = await readCheckpoints(context);
  const cards = await auditVersions(context);
  for (const checkpoint of checkpoints) auditLastVersion(context, checkpoint, cards);
  const listed = checkpoints.flatMap(({ run, manifest: { lineage } }) => (lineage ? [{ run, record: lineage }] : []));
  const accounted = await auditLineage(context, cards, listed, lastNow);
  const runs = checkpoints.map((each) => auditRun(context, each, accounted.get(each.run), lastNow));
  const decisions = await auditDecisions(context, cards);
  await auditStreams(context, cards);
  const elsewhere = Known.SCANS | Known.INDEX;
  return {
    places: lastNow,
    unusedPlaces,
    samples: {
      known: samples.size,
      onScans: samples.count(Known.SCANS, Known.SCANS),
      archived: samples.count(elsewhere, Known.INDEX),
      withdrawn: samples.count(Known.WITHDRAWN, Known.WITHDRAWN),
    },
    listed: listedAccepted,
    batches,
    versions: cards.length,
    decisions,
    runs,
    findings,
  };
}
