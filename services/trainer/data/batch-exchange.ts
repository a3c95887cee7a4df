import { Notifier, waitFor } from '#libs/async';
import { blobOwners, Streams, subjects, trainerConsumer, type Bus, type Delivery } from '#libs/bus';
import { codecs, type SampleRef, type Split, type TensorBatch } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import { whyNoAnswer, type ExpectedBatch } from './check-batch.js';
import { releaseBatch } from './held-batches.js';
import { RequestIdentities } from './request-identities.js';
import type { IndexedSample } from './sample-index.js';

/** Batches that may wait for a checkpoint; what can arrive at all is bounded by the credit. */
const MAX_UNACKNOWLEDGED = 256;

/** Far longer than between two checkpoints: a batch must not be delivered again to a trainer that still holds it. */
const ACK_WAIT_MS = 30 * 60_000;

/** How images are prepared: a transform's canonical JSON and its hash. */
export interface BatchTransform {
  json: string;
  hash: string;
}

/** What one batch is to hold. */
export interface BatchContent {
  epoch: number;
  split: Split;
  samples: readonly IndexedSample[];
  /** Default: the run's. */
  transform?: BatchTransform;
}

/** A batch as preprocess delivered it. */
export interface DeliveredBatch<C extends BatchContent = BatchContent> {
  /** What was requested. */
  requested: C;
  delivery: Delivery<TensorBatch>;
  /** Time the trainer waited for it, milliseconds. */
  waitedMs: number;
}

/** What a transform says of the size of its pictures. */
interface TransformSize {
  outputHeight: number;
  outputWidth: number;
  channels: number;
}

export interface BatchExchangeOptions {
  run: string;
  /** Requests outstanding at most. */
  credit: number;
  seed: number;
  transform: BatchTransform;
  /** Whether validation images are augmented too, as the recipe says. Default: false. */
  augmentedValidation?: boolean | undefined;
  /** A request without an answer for this long is sent again under a new identity. */
  requestTimeoutMs: number;
}

interface PendingRequest {
  content: BatchContent;
  sequence: number;
  sentAtMs: number;
  requestIds: string[];
  delivered?: Delivery<TensorBatch>;
}

/** A request as it was sent once. */
interface SentRequest {
  pending: PendingRequest;
  /** With the classes of that moment: a label may be corrected while the answer is made. */
  samples: readonly SampleRef[];
}

/**
 * Requests batches from the preprocess workers and hands them out in the sequence of the requests, whichever worker is
 * faster: the weights then depend on the seed alone. Answers to a trainer that died are recognised and let go; their
 * samples are requested again by whoever resumes. What is not the answer that it says it is, or answers nothing that
 * this run ever asked, becomes a dead letter, and the right answer is waited for.
 */
export class BatchExchange {
  readonly #bus: Bus;
  readonly #log: Logger;
  readonly #options: BatchExchangeOptions;
  #identities: Promise<RequestIdentities> | undefined;
  readonly #byRequestId = new Map<string, SentRequest>();
  #queue: PendingRequest[] = [];
  #nextSequence = 0;
  readonly #delivered = new Notifier();

  constructor(bus: Bus, log: Logger, options: BatchExchangeOptions) {
    this.#bus = bus;
    this.#log = log;
    this.#options = options;
  }

  /** Takes deliveries from the bus until the signal aborts. */
  async receive(signal: AbortSignal): Promise<void> {
    const { run } = this.#options;
    // Recreating the durable hands over at once what a predecessor had taken and not acknowledged.
    const deliveries = this.#bus.pull({
      stream: Streams.BATCHES,
      durable: trainerConsumer(run),
      subject: subjects.batch(run),
      codec: codecs.TensorBatch,
      maxInFlight: MAX_UNACKNOWLEDGED,
      ackWaitMs: ACK_WAIT_MS,
      recreate: true,
      signal,
    });
    for await (const delivery of deliveries) await this.#accept(delivery);
  }

  /**
   * Keeps up to `credit` requests outstanding and yields their batches in sequence, until the source has no more.
   * The consumer of a batch acknowledges it.
   */
  async *batches<C extends BatchContent>(
    source: Iterator<C, void>,
    signal: AbortSignal,
  ): AsyncGenerator<DeliveredBatch<C>> {
    let exhausted = false;
    for (;;) {
      while (!exhausted && this.#queue.length < this.#options.credit) {
        const next = source.next();
        if (next.done) exhausted = true;
        else await this.#request(next.value);
      }
      const first = this.#queue[0];
      if (!first) return;
      const startedAtMs = performance.now();
      const delivery = await waitFor(`batch ${first.sequence} of preprocess`, this.#waitFor(first, signal));
      this.#queue.shift();
      for (const id of first.requestIds) this.#byRequestId.delete(id);
      yield { requested: first.content as C, delivery, waitedMs: performance.now() - startedAtMs };
    }
  }

  /**
   * Deletes the run's batches at the broker; nothing happens while one is waited for. A broker that ended while its
   * disk was full may hold acknowledged ones again, which it delivers to nobody.
   */
  async sweep(): Promise<void> {
    if (this.#queue.length > 0) return;
    await this.#bus.deleteSubject(Streams.BATCHES, subjects.batch(this.#options.run));
  }

  async #accept(delivery: Delivery<TensorBatch>): Promise<void> {
    const { requestId } = delivery.message;
    const sent = this.#byRequestId.get(requestId);
    if (!sent) {
      if (!(await this.#own()).isOurs(requestId))
        return this.#refuse(delivery, new SulcusError('MESSAGE_INVALID', 'It answers no request of this run'));
      this.#log.debug({ requestId }, 'let go of a batch that nobody waits for');
      return releaseBatch(this.#bus, delivery);
    }
    const { pending } = sent;
    if (pending.delivered) return releaseBatch(this.#bus, delivery);
    try {
      const why = whyNoAnswer(delivery.message, this.#expected(sent));
      if (why !== undefined) throw new SulcusError('MESSAGE_INVALID', `It is not what was asked for: ${why}`);
      await this.#bringPixels(delivery.message);
    } catch (error) {
      const failure = SulcusError.from(error);
      if (failure.retryable) throw failure;
      await this.#refuse(delivery, failure);
      // The broker takes a message of one identity once: the answer to this one may be refused for the forged one.
      await this.#send(pending);
      return;
    }
    pending.delivered = delivery;
    this.#delivered.notify();
  }

  /** Pixels that lie beside the message are fetched at once: what is damaged must not be found in a training step. */
  async #bringPixels(message: TensorBatch): Promise<void> {
    const { pixels, run, requestId } = message;
    if (!pixels?.blob) return;
    const inline = await this.#bus.fromPayload(pixels, { owner: blobOwners.batch(run, requestId) });
    message.pixels = { ...pixels, inline };
  }

  async #refuse(delivery: Delivery<TensorBatch>, error: SulcusError): Promise<void> {
    const { message, sequence, subject, deliveryCount } = delivery;
    const { run } = this.#options;
    this.#log.warn({ requestId: message.requestId, cause: error.rawMessage }, 'a batch is not what was asked for');
    const deadLetter = {
      service: 'trainer',
      code: error.code,
      cause: error.rawMessage,
      source: `${Streams.BATCHES}/${sequence}`,
      originalType: codecs.TensorBatch.typeName,
      original: { inline: codecs.TensorBatch.encode(message) },
      deliveries: deliveryCount,
      subject,
    };
    await this.#bus.deadLetter(deadLetter, { messageId: `dead:${run}:${Streams.BATCHES}:${sequence}` });
    // Whatever it calls itself: only pixels of a request that we made are ours to delete.
    if (message.run === run && (await this.#own()).isOurs(message.requestId)) await releaseBatch(this.#bus, delivery);
    else await delivery.ack();
  }

  #expected({ pending, samples }: SentRequest): ExpectedBatch {
    const { epoch, split, transform = this.#options.transform } = pending.content;
    const { outputHeight: height, outputWidth: width, channels } = JSON.parse(transform.json) as TransformSize;
    return { run: this.#options.run, epoch, split, transformHash: transform.hash, height, width, channels, samples };
  }

  #own(): Promise<RequestIdentities> {
    this.#identities ??= RequestIdentities.of(this.#bus, this.#options.run);
    return this.#identities;
  }

  async #waitFor(pending: PendingRequest, signal: AbortSignal): Promise<Delivery<TensorBatch>> {
    while (!pending.delivered) {
      signal.throwIfAborted();
      await this.#delivered.wait(signal, 1000);
      if (!pending.delivered && performance.now() - pending.sentAtMs > this.#options.requestTimeoutMs) {
        this.#log.warn(
          { sequence: pending.sequence, waitedMs: performance.now() - pending.sentAtMs },
          'no answer to a batch request: asking again (is a preprocess worker running?)',
        );
        await this.#send(pending);
      }
    }
    return pending.delivered;
  }

  async #request(content: BatchContent): Promise<void> {
    const pending: PendingRequest = { content, sequence: this.#nextSequence++, sentAtMs: 0, requestIds: [] };
    this.#queue.push(pending);
    await this.#send(pending);
  }

  async #send(pending: PendingRequest): Promise<void> {
    const { run, seed, augmentedValidation = false } = this.#options;
    const { epoch, split, samples, transform = this.#options.transform } = pending.content;
    const requestId = (await this.#own()).next();
    const references = samples.map(({ scanSequence, sampleId, classIndex }) => ({
      scanSequence,
      sampleId,
      classIndex: classIndex!,
    }));
    pending.requestIds.push(requestId);
    pending.sentAtMs = performance.now();
    this.#byRequestId.set(requestId, { pending, samples: references });
    await this.#bus.publish(
      subjects.batchRequest(run),
      codecs.BatchRequest,
      {
        run,
        requestId,
        epoch,
        sequence: pending.sequence,
        split,
        seed,
        transformJson: transform.json,
        transformHash: transform.hash,
        augment: split === 'SPLIT_TRAIN' || (augmentedValidation && split === 'SPLIT_VALIDATION'),
        samples: references,
      },
      { messageId: requestId },
    );
  }
}
