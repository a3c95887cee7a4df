/**
 * NIfTI volumes as DICOM objects, a frame for each slice of a named plane: from there they go the way of DICOM. Imports
 * libs/dicom, libs/errors and libs/threads.
 *
 *     if (isNifti(bytes)) bytes = niftiToDicom(bytes, { plane: 'axial', limits: { maxBytes, maxPixels } });
 */
export { NiftiWorkerPool } from './worker-pool/nifti-worker-pool.js';
export { isNifti, parseNifti, type NiftiLimits, type NiftiVolume } from './parse-nifti.js';
export { niftiToDicom, type NiftiToDicomOptions } from './to-dicom.js';
