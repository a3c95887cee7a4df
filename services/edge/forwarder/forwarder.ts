import { pause } from '#libs/async';
import type { ForwardedScan, ForwardedScanInput, ImageAck } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { ClientLife, Methods } from '#libs/rpc';
import type { EdgeEvents } from '../events.js';
import type { SpoolEntry } from '../spool/entry.js';
import type { Spool } from '../spool/spool.js';
import type { SendOrder } from '../spool/waiting-line.js';
import { Flight } from './flight.js';
import { inMessages } from './in-messages.js';

/** A connection to the core, of its own. */
export type CoreConnection = Pick<Methods<'Ingest'>, 'forwardScans'> & Pick<ClientLife, 'waitForReady' | 'close'>;

export interface ForwarderContext {
  readonly spool: Spool;
  readonly connect: () => CoreConnection;
  readonly events: EdgeEvents;
  readonly config: {
    readonly core: string;
    readonly order: SendOrder;
    readonly inFlightBytes: number;
    readonly maxMessageBytes: number;
  };
}

/** Behind a line that loses everything a connection hangs: another attempt finds it whole again. */
const CONNECT_TIMEOUT_MS = 2_000;
/** Between attempts: a link that is back is used within a second. */
const RETRY_MS = { first: 100, most: 1_000 } as const;
/** A core that is full, or lets this edge not in, is not asked so often. */
const REFUSED_RETRY_MS = 5_000;
/** More than a round trip over an ocean needs, with the time that the core takes to store. */
const MAX_SAMPLES_IN_FLIGHT = 64;
/** At the end: what is on its way is waited for. */
const GRACE_MS = 3_000;
/** A sample that ends a call so often, alone on its way, is what is wrong. */
const MAX_ENDED_CALLS = 3;

/** Ends of a call that say nothing about what was sent. */
const OF_THE_LINK: ReadonlySet<string> = new Set([
  ...['SERVICE_UNAVAILABLE', 'BUS_UNAVAILABLE', 'BACKPRESSURE', 'STORAGE_FULL', 'STORAGE_FAILED', 'CANCELLED'],
  ...['DEADLINE_EXCEEDED', 'PERMISSION_DENIED', 'UNAUTHENTICATED', 'UNIMPLEMENTED'],
]);

/** Refusals of what the core cannot believe, and does not keep. What else it refuses is among its dead letters. */
const KEPT_HERE: ReadonlySet<string> = new Set(['INVALID_ARGUMENT', 'HASH_MISMATCH', '']);

/** Sends what the spool holds to the core, for ever: a sample leaves the spool when the core has acknowledged it. */
export class Forwarder {
  readonly #context: ForwarderContext;
  /** The sample that ended the last calls, and how often. Samples are then sent one by one, until one is through. */
  #suspect: { entry: SpoolEntry | undefined; endedCalls: number } | undefined;

  constructor(context: ForwarderContext) {
    this.#context = context;
  }

  /** Works until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { connect, events, config } = this.#context;
    let delayMs: number = RETRY_MS.first;
    while (!signal.aborted) {
      const client = connect();
      try {
        await client.waitForReady(CONNECT_TIMEOUT_MS);
        events.linkUp(config.core);
        delayMs = RETRY_MS.first;
        await this.#send(client, signal);
      } catch (thrown) {
        if (signal.aborted) return;
        await pause(this.#unreachable(SulcusError.from(thrown)) ?? delayMs, signal);
        delayMs = Math.min(2 * delayMs, RETRY_MS.most);
      } finally {
        client.close();
      }
    }
  }

  /** @returns how long to wait, where it is not the link that is down */
  #unreachable(error: SulcusError): number | undefined {
    const isRefused = ['PERMISSION_DENIED', 'UNAUTHENTICATED', 'UNIMPLEMENTED'].includes(error.code);
    this.#context.events.linkDown(isRefused ? 'refused' : 'down', error);
    const isFull = error.code === 'BACKPRESSURE' || error.code === 'STORAGE_FULL';
    return isRefused || isFull ? REFUSED_RETRY_MS : undefined;
  }

  /** One call, for as long as it lasts. @throws why it ended */
  async #send(client: CoreConnection, signal: AbortSignal): Promise<void> {
    const { spool, config } = this.#context;
    const maxSamples = this.#suspect ? 1 : MAX_SAMPLES_IN_FLIGHT;
    const flight = new Flight({ maxSamples, maxBytes: config.inFlightBytes });
    const cut = new AbortController();
    const onStop = (): void => {
      spool.changed.notify();
      setTimeout(() => cut.abort(), GRACE_MS).unref();
    };
    signal.addEventListener('abort', onStop, { once: true });
    if (signal.aborted) onStop();
    try {
      for await (const ack of client.forwardScans(this.#requests(flight, signal), { signal: cut.signal }))
        await this.#settle(flight, ack);
      if (!signal.aborted) throw new SulcusError('SERVICE_UNAVAILABLE', 'The core has ended the call');
    } catch (error) {
      await this.#suspectFirst(flight, SulcusError.from(error));
      throw error;
    } finally {
      signal.removeEventListener('abort', onStop);
      cut.abort();
      for (const entry of flight.close()) spool.giveBack(entry);
      spool.changed.notify();
    }
  }

  /** The samples to send, for as long as the call lasts. */
  async *#requests(flight: Flight, signal: AbortSignal): AsyncGenerator<ForwardedScanInput, void, undefined> {
    const { spool, config } = this.#context;
    while (!flight.isOver && !signal.aborted) {
      const entry = flight.hasRoom() ? spool.take(config.order) : undefined;
      if (!entry) {
        await spool.changed.wait();
        continue;
      }
      const scan = await this.#read(entry);
      if (!scan) continue;
      if (flight.isOver || signal.aborted) return spool.giveBack(entry);
      flight.push(entry);
      yield* inMessages(scan, config.maxMessageBytes);
    }
  }

  /** @returns undefined for a file that the disk has changed, which is set aside */
  async #read(entry: SpoolEntry): Promise<ForwardedScan | undefined> {
    const { spool } = this.#context;
    try {
      return await spool.read(entry);
    } catch (thrown) {
      const error = SulcusError.from(thrown);
      if (error.code !== 'STORAGE_FAILED') {
        await this.#setAside(entry, 'damaged', error);
        return undefined;
      }
      spool.giveBack(entry);
      throw error;
    }
  }

  async #settle(flight: Flight, ack: ImageAck): Promise<void> {
    const { spool, events } = this.#context;
    const entry = flight.first;
    if (!entry || entry.sampleId !== ack.name)
      throw new SulcusError('INTERNAL', 'The core acknowledges a sample that it was not sent');
    const { errorCode: code, errorMessage: rawMessage } = ack;
    if (ack.outcome === 'OUTCOME_REJECTED' && KEPT_HERE.has(code))
      await this.#setAside(entry, 'refused', { code, rawMessage });
    else await spool.remove(entry);
    flight.shift();
    this.#suspect = undefined;
    if (code === 'WITHDRAWN') events.withdrawn(entry.sampleId);
    else if (ack.outcome !== 'OUTCOME_REJECTED')
      events.forwarded(entry.sampleId, ack.outcome === 'OUTCOME_INGESTED', entry.sizeBytes);
    else if (!KEPT_HERE.has(code)) events.refusedThere(entry.sampleId, { code, reason: rawMessage });
    // There is room for another.
    spool.changed.notify();
  }

  async #setAside(
    entry: SpoolEntry,
    kind: 'refused' | 'damaged',
    { code, rawMessage: reason }: { code: string; rawMessage: string },
  ): Promise<void> {
    await this.#context.spool.setAside(entry, { code, reason });
    this.#context.events.setAside(entry.sampleId, kind, { code, reason });
  }

  /** A sample that the core cannot take at all must not hold up all others for ever. */
  async #suspectFirst(flight: Flight, error: SulcusError): Promise<void> {
    if (OF_THE_LINK.has(error.code)) return;
    const { first } = flight;
    const isSame = first !== undefined && this.#suspect?.entry === first;
    this.#suspect = { entry: first, endedCalls: isSame ? this.#suspect!.endedCalls + 1 : 1 };
    if (!first || this.#suspect.endedCalls < MAX_ENDED_CALLS) return;
    flight.shift();
    await this.#setAside(first, 'refused', error);
    this.#suspect = undefined;
  }
}
