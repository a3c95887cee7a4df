import type { PreparedImage } from '../transforms/prepare.js';

/** Bytes in memory that every thread of this process can see. */
export function sharedBytes(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(length));
}

/** The same image with its pixels in shared memory: going to another thread copies nothing then. */
export function shareImage(prepared: PreparedImage): PreparedImage {
  const data = sharedBytes(prepared.image.data.length);
  data.set(prepared.image.data);
  return { ...prepared, image: { ...prepared.image, data } };
}
