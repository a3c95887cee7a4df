import { Streams } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { AuditContext } from './context.js';

/** Batches that are looked at; there are never many, for BATCHES is a buffer. */
const MAX_READ = 10_000;

/**
 * The batches under way: each can be read, and its samples are known ones. (Whose effect is in no checkpoint yet is
 * learned again: the trainer that goes on asks anew.)
 *
 * @returns how many there are
 */
export async function auditBatches(context: AuditContext): Promise<number> {
  const { bus, samples, findings, signal } = context;
  const { messages, firstSequence, lastSequence } = await bus.statsOf(Streams.BATCHES);
  if (messages === 0) return 0;
  for (let sequence = firstSequence; sequence <= Math.min(lastSequence, firstSequence + MAX_READ); sequence++) {
    if (signal.aborted) throw SulcusError.from(signal.reason);
    const where = `${Streams.BATCHES}/${sequence}`;
    try {
      const batch = await bus.get(Streams.BATCHES, sequence, codecs.TensorBatch);
      const unknown =
        batch?.message.samples.filter(({ sampleId }) => samples.identities.find(sampleId) === undefined) ?? [];
      if (unknown.length > 0)
        findings.add({
          kind: 'wrong',
          where,
          what: `it holds ${unknown.length} samples that were never accepted, such as ${unknown[0]!.sampleId}`,
        });
    } catch (thrown) {
      const { transient, code, rawMessage: what } = SulcusError.from(thrown);
      if (transient) throw thrown;
      findings.add({ kind: code === 'HASH_MISMATCH' ? 'wrong' : 'unreadable', where, what });
    }
  }
  return messages;
}
