import { Holdings } from '#libs/async';
import type { SulcusError } from '#libs/errors';
import { LIMITS } from '#libs/limits';
import type { ServerHttp2Stream } from 'node:http2';

/** A call whose messages are read one after the other. */
interface ReadCall {
  readonly stream: ServerHttp2Stream;
  startRead(): void;
}

/** What becomes of the messages of one call as they are decompressed. */
export interface InflatedCall {
  /** Counts a message, which is being decompressed, in the order in which messages came. */
  count(message: Promise<Buffer>): Promise<Buffer>;
  /** A message that is as it came. */
  skip(): void;
}

/**
 * Counts what compressed messages have become until their handlers are done with them: sixteen kilobytes on the wire
 * are sixteen megabytes here, and grpc-js decompresses a message of every call that waits for its turn.
 */
export class InflatedMessages {
  readonly #all: Holdings;

  constructor(maxBytes: number = LIMITS.inflatedBytes.value) {
    this.#all = new Holdings(maxBytes, (bytes) => `Decompressed messages hold ${bytes} bytes`);
  }

  /** Follows a call from its beginning. @param end ends it with an error */
  watch(call: ReadCall, end: (error: SulcusError) => void): InflatedCall {
    const holding = this.#all.hold(end);
    holding.keep(); // it waits for its handler, and makes room for nobody
    const counted: { bytes: number }[] = [];
    const startRead = call.startRead.bind(call);
    let reads = 0;
    let isOver = false;
    // Who asks for one has taken the one before, and is done with the one before that.
    call.startRead = () => {
      if (++reads > 2 && !isOver) holding.grow(-(counted.shift()?.bytes ?? 0));
      holding.keep();
      startRead();
    };
    call.stream.once('close', () => {
      isOver = true;
      holding.release();
    });
    return {
      skip: () => void counted.push({ bytes: 0 }),
      count: async (message) => {
        const entry = { bytes: 0 };
        counted.push(entry);
        const inflated = await message;
        if (isOver) return inflated;
        holding.grow(inflated.length);
        holding.keep();
        entry.bytes = inflated.length;
        return inflated;
      },
    };
  }
}
