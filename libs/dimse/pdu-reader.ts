import { LIMITS } from '#libs/limits';
import { GatheredBytes } from '#libs/memory';
import { readCommand, C_STORE_REQUEST, type CommandSet } from './command-set.js';
import { dataUnit, HEADER_BYTES, IS_COMMAND, IS_LAST, P_DATA } from './data-unit.js';
import { ObjectBuffer } from './object-buffer.js';

/** What a peer may announce beyond the length that was agreed: its own requests have no agreed length. */
const MAX_PDU_BYTES = 1 << 20;

/** A command is some two hundred bytes: group 0000 holds UIDs, titles and numbers. */
const MAX_COMMAND_BYTES = LIMITS.dicomCommandBytes.value;

/** A data set that is no image: some thousands of bytes, of a request for commitment up to two million. */
const MAX_MESSAGE_BYTES = LIMITS.dicomMessageBytes.value;

/** A request of C-STORE, whole. */
export interface StoreMessage {
  /** Presentation context. */
  contextId: number;
  command: CommandSet;
  /** The data set; empty where none came, undefined where it had more bytes than the limit. */
  object: Buffer | undefined;
}

export interface PduReaderOptions {
  /** Data sets with more bytes are let go as they come. */
  maxObjectBytes: number;
  /** A protocol data unit, whole; of P-DATA one fragment, of a data set the last, empty. */
  onUnit: (unit: Buffer) => void;
  /** Is given requests of C-STORE; nothing of them is a unit then. Default: they are units, but for their data sets. */
  onStore?: ((message: StoreMessage) => void) | undefined;
  /** Whether an association is open: data before one is none of the protocol. Default: always. */
  mayCarryData?: (() => boolean) | undefined;
  /** What comes is no protocol, or longer than anything that could be meant: nothing of it is read any further. */
  onViolation: (detail: string) => void;
}

/** Header of a unit, the rest of one; header of a fragment, its value. */
type Expected = 'unit' | 'body' | 'fragment' | 'value';

/**
 * Cuts a byte stream into protocol data units, and gathers data sets as they come. They are no part of what it hands
 * on: in their place comes one empty last fragment. The library would copy an image six times, and reads whatever
 * stands in the data set of a query at its leisure.
 */
export class PduReader {
  readonly #options: PduReaderOptions;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #expected: Expected = 'unit';
  /** Bytes that are left of what is expected, and of the unit behind it. */
  #rest = HEADER_BYTES;
  #unitRest = 0;
  readonly #part = new GatheredBytes();
  #context = 0;
  #control = 0;
  #isStore = false;
  readonly #command = new GatheredBytes();
  /** Units of a command that is not known yet. */
  #held: Buffer[] = [];
  #store: Omit<StoreMessage, 'object'> | undefined;
  #commandBytes = 0;
  #messageBytes = 0;
  readonly #object = new ObjectBuffer();
  #objectBytes = 0;
  #isBroken = false;
  #begunBytes = 0;

  constructor(options: PduReaderOptions) {
    this.#options = options;
  }

  /** Bytes that are here of a unit, or a message of several, that has begun and not ended; 0 between them. */
  get begunBytes(): number {
    return this.#begunBytes;
  }

  /** Bytes of the data set that comes and is not taken. */
  get objectBytes(): number {
    return this.#object.length;
  }

  read(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#isBroken) {
      const part = chunk.subarray(at, at + this.#rest);
      at += part.length;
      this.#begunBytes += part.length;
      this.#take(part);
      while (this.#rest === 0 && !this.#isBroken) this.#next();
    }
  }

  /** The data set whose last fragment was handed on; undefined when it had more bytes than the limit. */
  takeObject(): Buffer | undefined {
    const isTooLong = this.#objectBytes > this.#options.maxObjectBytes;
    this.#objectBytes = 0;
    return isTooLong ? undefined : this.#object.take();
  }

  /** Nobody reads any more what was taken: another may come where it lies. */
  giveBackObject(taken: Buffer): void {
    this.#object.giveBack(taken);
  }

  /** The rest of a data set of C-STORE is to come; only where requests are taken whole. */
  get isInObject(): boolean {
    return this.#store !== undefined;
  }

  get #isData(): boolean {
    return (this.#control & IS_COMMAND) === 0;
  }

  #take(part: Buffer): void {
    if (this.#expected === 'unit' || this.#expected === 'fragment') part.copy(this.#header, HEADER_BYTES - this.#rest);
    else if (this.#expected === 'value' && this.#isData) this.#gather(part);
    else this.#part.add(part);
    this.#rest -= part.length;
  }

  #gather(part: Buffer): void {
    this.#objectBytes += part.length;
    if (this.#objectBytes <= this.#options.maxObjectBytes) this.#object.add(part);
    else this.#object.clear();
  }

  /** What was expected is here. */
  #next(): void {
    switch (this.#expected) {
      case 'unit':
        return this.#beginUnit(this.#header.readUInt32BE(2));
      case 'fragment':
        return this.#beginFragment(this.#header.readUInt32BE(0));
      case 'body':
        this.#begunBytes = 0;
        this.#options.onUnit(this.#part.take());
        return this.#expect('unit');
      case 'value':
        this.#endFragment();
    }
  }

  #expect(what: Expected, bytes = HEADER_BYTES): void {
    this.#expected = what;
    this.#rest = bytes;
  }

  #beginUnit(bytes: number): void {
    if (bytes > MAX_PDU_BYTES) return this.#refuse(`a protocol data unit of ${bytes} bytes`);
    this.#unitRest = bytes;
    if (this.#header[0] === P_DATA) {
      if (this.#options.mayCarryData?.() === false) return this.#refuse('data without an association');
      return this.#nextFragment();
    }
    this.#part.add(this.#header);
    this.#expect('body', bytes);
  }

  #nextFragment(): void {
    if (this.#unitRest === 0) return this.#expect('unit');
    if (this.#unitRest < HEADER_BYTES) return this.#refuse('a fragment without header');
    this.#expect('fragment');
  }

  #beginFragment(bytes: number): void {
    if (bytes < 2 || bytes + 4 > this.#unitRest) return this.#refuse(`a fragment of ${bytes} bytes`);
    this.#unitRest -= bytes + 4;
    this.#context = this.#header[4]!;
    this.#control = this.#header[5]!;
    // What a fragment costs us beside its bytes counts too.
    if (!this.#isData) this.#commandBytes += bytes + HEADER_BYTES;
    else if (!this.#isStore) this.#messageBytes += bytes;
    if (this.#commandBytes > MAX_COMMAND_BYTES) return this.#refuse(`a command of ${this.#commandBytes} bytes`);
    if (this.#messageBytes > MAX_MESSAGE_BYTES) return this.#refuse(`a message of ${this.#messageBytes} bytes`);
    this.#expect('value', bytes - 2);
  }

  #endFragment(): void {
    const isLast = (this.#control & IS_LAST) !== 0;
    if (isLast && this.#isData) this.#begunBytes = 0;
    if (!this.#isData) this.#endCommandFragment(isLast);
    else if (isLast && this.#store) this.#handOnStore(this.#store);
    else if (isLast) this.#options.onUnit(dataUnit(this.#context, this.#control, []));
    if (isLast) this.#messageBytes = 0;
    this.#nextFragment();
  }

  #endCommandFragment(isLast: boolean): void {
    // A request whose data set does not come is not made up for by the next one's.
    if (this.#store) this.#drop();
    const value = this.#part.take();
    this.#command.add(value);
    this.#held.push(dataUnit(this.#context, this.#control, [value]));
    if (!isLast) return;
    const command = readCommand(this.#command.take());
    const { onStore, onUnit } = this.#options;
    const held = this.#held;
    this.#held = [];
    this.#commandBytes = 0;
    if (!command.hasDataSet) this.#begunBytes = 0;
    this.#isStore = command.field === C_STORE_REQUEST;
    if (!this.#isStore || !onStore) return held.forEach((unit) => onUnit(unit));
    // Nor is it made up for by what nobody took before.
    this.#drop();
    this.#store = { contextId: this.#context, command };
    if (!command.hasDataSet) this.#handOnStore(this.#store);
  }

  #drop(): void {
    this.#store = undefined;
    this.#object.clear();
    this.#objectBytes = 0;
  }

  #handOnStore(store: Omit<StoreMessage, 'object'>): void {
    this.#store = undefined;
    this.#options.onStore!({ ...store, object: this.takeObject() });
  }

  #refuse(detail: string): void {
    this.#isBroken = true;
    this.#options.onViolation(detail);
  }
}
