import { retryWithBackoff, timeLimit } from '#libs/async';
import { SulcusError } from '#libs/errors';
import { CODE_SYSTEM } from '../pipeline/site-environment.js';
import type { HospitalStudy } from './hospital.js';

const REQUEST_TIMEOUT_MS = 60_000;
const RETRY_FOR_MS = 5 * 60_000;

/**
 * Gives a study its label as a hospital does: by a final report (FHIR R4 DiagnosticReport) with a code. It is given
 * again as long as the core does not have all images of the study.
 *
 * @param address `host:port` of the edge's HTTP
 * @throws SERVICE_UNAVAILABLE when it is not taken for minutes; INVALID_ARGUMENT when it is refused for good
 */
export async function reportStudy(
  { studyUid, label }: HospitalStudy,
  address: string,
  signal: AbortSignal,
): Promise<void> {
  const report = {
    resourceType: 'DiagnosticReport',
    status: 'final',
    code: { text: 'MR head' },
    imagingStudy: [{ identifier: { system: 'urn:dicom:uid', value: `urn:oid:${studyUid}` } }],
    conclusionCode: [{ coding: [{ system: CODE_SYSTEM, code: label }] }],
  };
  const request = {
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify(report),
  };
  await retryWithBackoff(
    async () => {
      using limit = timeLimit(signal, REQUEST_TIMEOUT_MS);
      const response = await fetch(`http://${address}/fhir/DiagnosticReport`, {
        ...request,
        signal: limit.signal,
      }).catch((error: unknown) => {
        signal.throwIfAborted();
        throw new SulcusError('SERVICE_UNAVAILABLE', `Reports are not taken at ${address}: ${String(error)}`);
      });
      const text = await response.text();
      if (response.ok) return;
      // Not found: its images are on their way.
      const isForNow = response.status === 404 || response.status >= 500;
      throw new SulcusError(
        isForNow ? 'SERVICE_UNAVAILABLE' : 'INVALID_ARGUMENT',
        `A report was answered with ${response.status}: ${text.slice(0, 300)}`,
      );
    },
    { signal, timeoutMs: RETRY_FOR_MS },
  );
}
