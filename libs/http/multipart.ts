import { SulcusError } from '#libs/errors';
import { GatheredBytes } from '#libs/memory';
import type { ReadableBody } from './bodies.js';

/** One part of a multipart body. */
export interface Part {
  /** By names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** Undefined for a part that is longer than the limit: it was read over. */
  readonly bytes: Buffer | undefined;
}

const MAX_HEADER_BYTES = 8192;
const [LINE_END, HEADERS_END] = [Buffer.from('\r\n'), Buffer.from('\r\n\r\n')];

type State = 'preamble' | 'delimited' | 'headers' | 'body' | 'ended';

/**
 * The parts of a multipart body (RFC 2046 section 5.1) one after the other, as they come: at most one of them is in
 * memory here.
 *
 * @throws INVALID_ARGUMENT for a body that is none, or that ends before its last delimiter; as the body
 */
export async function* readParts(
  { chunks, hold }: ReadableBody,
  boundary: string,
  { maxPartBytes }: { maxPartBytes: number },
): AsyncGenerator<Part, void, undefined> {
  const reader = new PartReader(boundary, maxPartBytes);
  for await (const chunk of chunks) {
    yield* reader.take(chunk);
    hold?.(reader.heldBytes);
    // What follows the last delimiter means nothing; it is read over, so that the sender gets its answer.
  }
  reader.end();
}

class PartReader {
  readonly #delimiter: Buffer;
  readonly #maxPartBytes: number;
  /** As if a line had ended before the first one: the first delimiter may be the first bytes. */
  #data: Buffer = LINE_END;
  #state: State = 'preamble';
  #headers: ReadonlyMap<string, string> = new Map();
  readonly #gathered = new GatheredBytes();
  #bytes = 0;

  constructor(boundary: string, maxPartBytes: number) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
    this.#maxPartBytes = maxPartBytes;
  }

  /** Of the part that has not come whole. */
  get heldBytes(): number {
    return this.#gathered.length + this.#data.length;
  }

  *take(chunk: Buffer): Generator<Part, void, undefined> {
    if (this.#state === 'ended') return;
    this.#data = this.#data.length === 0 ? chunk : Buffer.concat([this.#data, chunk]);
    for (;;) {
      const before: State = this.#state;
      const part = this.#step();
      if (part) yield part;
      if (!part && this.#state === before) return;
    }
  }

  /** @throws INVALID_ARGUMENT */
  end(): void {
    if (this.#state !== 'ended') throw wrong('it ends before its last delimiter');
  }

  /** Goes on by one state, where there is enough. @returns a part that is complete */
  #step(): Part | undefined {
    switch (this.#state) {
      case 'preamble':
      case 'body':
        return this.#toDelimiter();
      case 'delimited':
        return this.#behindDelimiter();
      case 'headers':
        return this.#readHeaders();
      case 'ended':
        return undefined;
    }
  }

  #toDelimiter(): Part | undefined {
    const at = this.#data.indexOf(this.#delimiter);
    if (at < 0) {
      // Its beginning may be here.
      const safe = Math.max(0, this.#data.length - this.#delimiter.length + 1);
      this.#keep(this.#data.subarray(0, safe));
      this.#data = this.#data.subarray(safe);
      return undefined;
    }
    this.#keep(this.#data.subarray(0, at));
    this.#data = this.#data.subarray(at + this.#delimiter.length);
    const part = this.#state === 'body' ? this.#finish() : undefined;
    this.#state = 'delimited';
    return part;
  }

  #behindDelimiter(): undefined {
    if (this.#data.length < 2) return undefined;
    if (this.#data.subarray(0, 2).toString('latin1') === '--') {
      this.#state = 'ended';
      this.#data = Buffer.alloc(0);
      return undefined;
    }
    const at = this.#data.indexOf(LINE_END);
    const padding = this.#data.subarray(0, at < 0 ? this.#data.length : at).toString('latin1');
    if (padding.length > MAX_HEADER_BYTES || /[^ \t\r]/.test(padding))
      throw wrong('a delimiter is followed by other text');
    if (at < 0) return undefined;
    // The end of this line may be the end of the headers, where there are none.
    this.#data = this.#data.subarray(at);
    this.#state = 'headers';
    return undefined;
  }

  #readHeaders(): undefined {
    const at = this.#data.indexOf(HEADERS_END);
    if (Math.max(at, at < 0 ? this.#data.length : 0) > MAX_HEADER_BYTES)
      throw wrong(`the headers of a part have more than ${MAX_HEADER_BYTES} bytes`);
    if (at < 0) return undefined;
    this.#headers = parseHeaders(this.#data.subarray(0, at).toString('latin1'));
    // Two bytes stay: an empty part is delimited by the end of its headers.
    this.#data = this.#data.subarray(at + 2);
    this.#state = 'body';
    this.#bytes = -LINE_END.length;
    return undefined;
  }

  /** Of a part; what is before the first one, and the line end behind its headers, go. */
  #keep(bytes: Buffer): void {
    if (this.#state !== 'body' || bytes.length === 0) return;
    const skipped = this.#bytes < 0 ? Math.min(bytes.length, -this.#bytes) : 0;
    this.#bytes += bytes.length;
    if (this.#bytes > this.#maxPartBytes) this.#gathered.clear();
    else this.#gathered.add(bytes.subarray(skipped));
  }

  #finish(): Part {
    const bytes = this.#bytes > this.#maxPartBytes ? undefined : this.#gathered.take();
    return { headers: this.#headers, bytes };
  }
}

function parseHeaders(text: string): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}

const wrong = (what: string): SulcusError =>
  new SulcusError('INVALID_ARGUMENT', `The multipart body cannot be read: ${what}`);
