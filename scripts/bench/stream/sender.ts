import { setTimeout as sleep } from 'node:timers/promises';
import { subjects, writeScanHeaders, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { imageSource, type SentImage } from './images.js';
import type { LearnedReports } from './learned.js';
import type { StreamBenchOptions } from './options.js';

/** Images that may be sent and not learned yet: a scanner does not send them all at once either. */
const MAX_AHEAD = 1000;

/** Images sent at once. */
const TOGETHER = 16;

const BUSY_MS = 5;

/** Sends images as ingest does and remembers which were accepted. */
export class Sender {
  /** Identities of the images that the broker acknowledged. */
  readonly accepted = new Set<string>();
  /** Images that the broker refused. */
  refused = 0;
  #trainSent = 0;
  #lastSequence = 0;
  readonly #image: (n: number) => Promise<SentImage>;

  constructor(
    private readonly bus: Bus,
    private readonly reports: LearnedReports,
    options: StreamBenchOptions,
  ) {
    this.#image = imageSource(options);
  }

  /** Sequence of the newest scan sent. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  /** Training images sent. */
  get trainSent(): number {
    return this.#trainSent;
  }

  /** Sends the images from one number up to another, never far ahead of what is learned. */
  async send(from: number, to: number): Promise<void> {
    for (let next = from; next < to; next += TOGETHER) {
      while (this.#trainSent - this.reports.latest.arrivals > MAX_AHEAD) await sleep(BUSY_MS);
      const count = Math.min(TOGETHER, to - next);
      // Acknowledged one after the other: equal seeds give equal places in the stream.
      const images = await Promise.all(Array.from({ length: count }, (_, index) => this.#image(next + index)));
      await Promise.all(images.map((image) => this.#publish(image)));
    }
  }

  async #publish({ sampleId, bytes, split, label, site }: SentImage): Promise<void> {
    const scan = {
      sampleId,
      site,
      split,
      label,
      format: 'png',
      source: 'bench',
      image: await this.bus.toPayload(bytes),
    };
    try {
      const { sequence } = await this.bus.publish(subjects.scan(site, sampleId), codecs.Scan, scan, {
        firstOnSubject: true,
        headers: writeScanHeaders(scan),
      });
      this.accepted.add(sampleId);
      this.#lastSequence = Math.max(this.#lastSequence, sequence);
      if (split === 'SPLIT_TRAIN') this.#trainSent++;
    } catch (error) {
      if (SulcusError.from(error).code !== 'BACKPRESSURE') throw error;
      this.refused++;
    }
  }
}
