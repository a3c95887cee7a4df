import type { SegmentReference } from '#libs/lineage';

/** The scans that had their effect on weights, as a model card tells of them. */
export interface Lineage {
  scanSequences: { first: number; last: number; count: number };
  ledgerHash: string;
  /** Where the list of the samples ends (libs/lineage). */
  segment?: SegmentReference;
}
