import type { DataSet } from '#libs/dicom';
import { SulcusError, type ErrorCode } from '#libs/errors';

/** What comes with an object and is no part of it. */
export interface SaidOfObject {
  /** Transfer syntax of a bare data set. */
  readonly syntaxUid?: string | undefined;
  /** SOP class and instance that the request names; empty or undefined: none. */
  readonly sopClassUid?: string | undefined;
  readonly sopInstanceUid?: string | undefined;
}

/** Code of {@link requireSameObject}. */
export const OTHER_OBJECT = 'INVALID_ARGUMENT' satisfies ErrorCode;

/**
 * A request names the object that it brings (PS3.7 section 9.3.1.1), and is answered by that name: who brings another
 * one would take for stored what is not. DCMTK, Orthanc and dcm4chee refuse it likewise.
 *
 * @throws INVALID_ARGUMENT; the text names no UID, for it leaves the site
 */
export function requireSameObject(dataSet: DataSet, { sopClassUid = '', sopInstanceUid = '' }: SaidOfObject): void {
  if (sopClassUid !== '' && dataSet.text('SOPClassUID') !== sopClassUid)
    throw new SulcusError(OTHER_OBJECT, 'The SOP class of the data set is not that of the request');
  if (sopInstanceUid !== '' && dataSet.text('SOPInstanceUID') !== sopInstanceUid)
    throw new SulcusError(OTHER_OBJECT, 'The SOP instance of the data set is not that of the request');
}
