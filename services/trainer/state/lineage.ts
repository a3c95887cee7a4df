/** The scans that had their effect on weights, as a model card tells of them. */
export interface Lineage {
  scanSequences: { first: number; last: number; count: number };
  ledgerHash: string;
}
