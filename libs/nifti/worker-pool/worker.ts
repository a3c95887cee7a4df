/** Entry of a NIfTI worker: turns volumes into DICOM objects, so that the event loop of a service touches no voxel. */
import { serveThread } from '#libs/threads';
import { niftiToDicom, type NiftiToDicomOptions } from '../to-dicom.js';

const methods = {
  toDicom: async ({ bytes, ...options }: NiftiToDicomOptions & { bytes: Uint8Array }): Promise<Uint8Array> => {
    const object = niftiToDicom(bytes, options);
    // One that fills its buffer is handed over without a copy.
    return object.byteLength === object.buffer.byteLength ? object : new Uint8Array(object);
  },
};

export type WorkerMethods = typeof methods;

serveThread(methods);
