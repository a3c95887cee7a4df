/**
 * The record of decisions: an append-only stream whose entries are chained by hash, and the one place that writes it.
 * Imports bus, contracts and errors.
 *
 *     await recordDecision(bus, { kind: 'KIND_FROZEN', alias: 'champion', reason }, { scope: 'champion', key: '17' });
 *     const { entries, head, broken } = await verifyRecord(bus, signal);
 *
 * | file | holds |
 * |---|---|
 * | `record.ts` | adding an entry, safe when several do at once |
 * | `verify.ts` | reading the record, and finding where its chain is broken |
 * | `who.ts` | who decides: account, machine, process |
 */
export { lastDecision, recordDecision, type DecisionToRecord, type RecordedDecision } from './record.js';
export { readDecisions, verifyRecord, type Verification } from './verify.js';
