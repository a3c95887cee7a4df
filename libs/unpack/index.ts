/**
 * Files out of zip and tar files, bounded: how many, how large, how much larger than packed, and never outside the
 * folder. Imports libs/errors and limits; yauzl and tar are imported by nothing else.
 *
 *     if (isPacked('scans.zip')) await unpack('scans.zip', '/data/scans');
 */
export { isPacked, packedStem, unpack, type UnpackOptions } from './unpack.js';
export { UNPACK_LIMITS, type UnpackLimits, type Unpacked } from './admission.js';
