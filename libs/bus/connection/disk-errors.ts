import type { ErrorCode } from '#libs/errors';

const FULL = /no space left|disk quota exceeded|not enough space|insufficient (storage )?resources/i;
const FAILED = /read-only file system|input\/output error|permission denied|structure needs cleaning/i;

/** What a server's sentence about a write says of its disk: the system's own words (errno) are part of it. */
export function diskErrorCode(sentence: string): Extract<ErrorCode, 'STORAGE_FULL' | 'STORAGE_FAILED'> | undefined {
  if (FULL.test(sentence)) return 'STORAGE_FULL';
  return FAILED.test(sentence) ? 'STORAGE_FAILED' : undefined;
}
