/**
 * Samples and patients that were withdrawn: what no service may take in, bring back or learn from again. Imports bus
 * and errors.
 *
 *     const withdrawals = new Withdrawals(bus);
 *     if (await withdrawals.isWithdrawn({ sampleId, patientId })) …
 */
export { Withdrawals, withdrawnError, type Withdrawal } from './withdrawals.js';
