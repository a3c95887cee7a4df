import pLimit from 'p-limit';
import { promisify } from 'node:util';
import { gunzip, inflate, type InputType, type ZlibOptions } from 'node:zlib';
import { status } from '@grpc/grpc-js';
import { LIMITS } from '#libs/limits';

type Inflate = (bytes: InputType, options: ZlibOptions) => Promise<Buffer>;

const INFLATERS: Readonly<Record<string, Inflate>> = {
  gzip: promisify<InputType, ZlibOptions, Buffer>(gunzip),
  deflate: promisify<InputType, ZlibOptions, Buffer>(inflate),
};

/** Bytes in front of a message. */
const PREFIX_BYTES = 5;

/**
 * Decompresses messages, a few at a time: sixteen kilobytes become sixteen megabytes, and as many calls as a peer likes
 * would do so at once.
 */
export function createInflater(maxBytes: number): (message: Buffer, encoding: string) => Promise<Buffer> {
  const limit = pLimit(LIMITS.inflating.value);
  return async (message, encoding) => {
    const inflater = Object.hasOwn(INFLATERS, encoding) ? INFLATERS[encoding]! : undefined;
    if (!inflater)
      throw failure(status.UNIMPLEMENTED, `Messages compressed as "${encoding.slice(0, 40)}" are not read: use gzip`);
    try {
      return await limit(() => inflater(message.subarray(PREFIX_BYTES), { maxOutputLength: maxBytes }));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
        throw failure(
          status.RESOURCE_EXHAUSTED,
          `Received message that decompresses to a size larger than max (${maxBytes})`,
        );
      throw failure(status.INVALID_ARGUMENT, 'The message says that it is compressed and cannot be decompressed');
    }
  };
}

/** As grpc-js takes a failure. */
const failure = (code: number, details: string): Error => Object.assign(new Error(details), { code, details });
