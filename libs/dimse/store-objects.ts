import dimse from 'dcmjs-dimse';
import type { DataSet } from '#libs/dicom';
import { rawDataset } from './raw-dataset.js';
import { callPeer, type Answer, type CallOptions } from './scu.js';

/**
 * Sends objects by C-STORE, in an uncompressed syntax, on one association.
 *
 * @returns an answer for each; its status is 0 for success, 0xBxxx for success with a warning
 * @throws SERVICE_UNAVAILABLE when the peer cannot be reached, refuses or does not answer
 */
export function storeObjects(options: Omit<CallOptions, 'weProvide'>, objects: readonly DataSet[]): Promise<Answer[]> {
  return callPeer(
    options,
    objects.map((object) => ({
      sopClassUid: object.text('SOPClassUID'),
      request: (syntaxUid) => {
        const request = new dimse.requests.CStoreRequest(rawDataset(object, syntaxUid));
        request.setAffectedSopClassUid(object.text('SOPClassUID'));
        request.setAffectedSopInstanceUid(object.text('SOPInstanceUID'));
        return request;
      },
    })),
  );
}
