/**
 * What an audit can find:
 * - lost: accepted, and neither stored nor archived nor withdrawn; or without the effect that it must have had;
 * - doubled: stored twice, or learned twice where once is promised;
 * - wrong: another hash, count or place than recorded;
 * - unreadable: a record that cannot be read;
 * - unrecorded: something happened and the record that belongs to it is missing.
 */
export const FINDING_KINDS = ['lost', 'doubled', 'wrong', 'unreadable', 'unrecorded'] as const;

export type FindingKind = (typeof FINDING_KINDS)[number];

/** Something that is not as it must be. */
export interface Finding {
  kind: FindingKind;
  /** Where it was found, for example `SCANS/17`, `archive`, `run main`. */
  where: string;
  /** In a sentence. */
  what: string;
  /** The sample, where it is about one. */
  sampleId?: string;
  /** How many samples or records it stands for. Default: 1. */
  count?: number;
}

/** Mends what was found. @returns what was done, in a sentence */
export type Repair = () => Promise<string>;

/** Findings that are listed; more are counted. */
const MAX_LISTED = 1000;

/** Takes up what an audit finds: all of it is counted, the first of it listed. */
export class Findings {
  readonly counts: Record<FindingKind, number> = { lost: 0, doubled: 0, wrong: 0, unreadable: 0, unrecorded: 0 };
  readonly listed: Finding[] = [];
  /** What can be done about some of them; of the same number as listed at most. */
  readonly repairs: Repair[] = [];
  #notListed = 0;

  get total(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }

  /** Findings beyond those listed. */
  get notListed(): number {
    return this.#notListed;
  }

  add(finding: Finding, repair?: Repair): void {
    this.counts[finding.kind] += finding.count ?? 1;
    if (this.listed.length >= MAX_LISTED) {
      this.#notListed++;
      return;
    }
    this.listed.push(finding);
    if (repair) this.repairs.push(repair);
  }
}
