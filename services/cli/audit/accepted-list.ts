import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { SulcusError } from '#libs/errors';
import type { AuditContext } from './context.js';

/**
 * Compares with a list of samples that senders were told to be accepted, one identity a line: each must be known.
 *
 * @returns how many were listed
 * @throws FILE_UNREADABLE; INVALID_ARGUMENT for a line that is no identity
 */
export async function auditAccepted({ samples, findings }: AuditContext, file: string): Promise<number> {
  let listed = 0;
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      const sampleId = line.trim();
      if (sampleId === '') continue;
      if (!/^[0-9a-f]{64}$/.test(sampleId))
        throw new SulcusError('INVALID_ARGUMENT', `${file} line ${listed + 1}: expected the 64 digits of a SHA-256`);
      listed++;
      if (samples.identities.find(sampleId) === undefined)
        findings.add({
          kind: 'lost',
          where: file,
          sampleId,
          what: 'its sender was told that it is stored, and it is nowhere',
        });
    }
  } catch (error) {
    if (error instanceof SulcusError) throw error;
    throw new SulcusError('FILE_UNREADABLE', `${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  return listed;
}
