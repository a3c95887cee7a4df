import path from 'node:path';
import { ThreadClient, ThreadPool, type TaskOptions } from '#libs/threads';
import type { DecodeLimits } from '../decode/decode-image.js';
import type { DrawnHeatMap, HeatMapRequest } from '../saliency/draw-heat-map.js';
import type { PreparedImage } from '../transforms/prepare.js';
import type { FileDescription } from './describe-file.js';
import type { ImageInput, PreparedInput } from './image-input.js';
import { RegisteredTransforms } from './registered-transforms.js';
import { transformKey, type TransformReference } from './transform-reference.js';
import type { TransformSamplesRequest, WorkerMethods } from './worker.js';

/** Tasks one thread holds at a time: while it computes one, the next is decoded in libvips' own threads. */
const TASKS_PER_THREAD = 2;

/** Images that go to a thread at once: enough to make a message cheap, few enough to share a batch out evenly. */
const IMAGES_PER_TASK = 8;

/** Sources beside sources, compiled code beside compiled code. */
const ENTRY = new URL(`./worker${path.extname(import.meta.url)}`, import.meta.url);

/**
 * Threads that decode and transform images, so that the event loop of a service touches no pixel. What is asked for
 * waits here for a thread. A thread that dies fails what it holds (INTERNAL, retryable) and is replaced.
 */
export class ImageWorkerPool implements AsyncDisposable {
  readonly #pool: ThreadPool<WorkerMethods>;
  readonly #transforms = new RegisteredTransforms();

  /** @param options.limits of the files that are decoded; default: those of `decodeImage` */
  constructor(options: { threads: number; limits?: DecodeLimits }) {
    this.#pool = new ThreadPool(() => new ThreadClient<WorkerMethods>(ENTRY, 'image worker', options.limits ?? {}), {
      threads: options.threads,
      tasksPerThread: TASKS_PER_THREAD,
    });
  }

  /**
   * Has every thread load its code and the transform, so that the first image does not wait for it.
   *
   * @throws INTERNAL when a thread cannot start
   */
  async warmUp(transform: TransformReference): Promise<void> {
    await this.#pool.runInAll((client) => this.#transforms.registerTransform(client, transform));
  }

  /**
   * Decodes a file and does everything of a transform that needs no random numbers.
   *
   * @returns the image in memory that all threads share
   * @throws IMAGE_* for what decoding refuses, none of them retryable
   */
  prepareFile(transform: TransformReference, bytes: Uint8Array, options?: TaskOptions): Promise<PreparedImage> {
    return this.#run(transform, options, (client, ofTransform) =>
      client.call('prepareFile', { ...ofTransform, bytes }),
    );
  }

  /**
   * Decodes a file to know what it is.
   *
   * @throws IMAGE_* for what decoding refuses, none of them retryable; CANCELLED when `signal` aborts before
   */
  describeFile(bytes: Uint8Array, options?: TaskOptions): Promise<FileDescription> {
    return this.#pool.run((client) => {
      const own = ownBytes(bytes);
      return client.call('describeFile', { bytes: own }, [own.buffer]);
    }, options);
  }

  /** Does the rest of a transform for the samples of a batch, several threads at once. */
  async transformSamples(
    transform: TransformReference,
    request: TransformSamplesRequest,
    options?: TaskOptions,
  ): Promise<void> {
    const { samples, output } = request;
    const bytesPerImage = output.length / Math.max(1, samples.length);
    const parts: Promise<void>[] = [];
    for (let from = 0; from < samples.length; from += IMAGES_PER_TASK) {
      const part = samples.slice(from, from + IMAGES_PER_TASK);
      const outputPart = output.subarray(from * bytesPerImage, (from + part.length) * bytesPerImage);
      parts.push(
        this.#run(transform, options, (client, ofTransform) =>
          client.call('transformSamples', { ...request, ...ofTransform, samples: part, output: outputPart }),
        ),
      );
    }
    await Promise.all(parts);
  }

  /**
   * Makes an image of a request what the network takes: decodes and transforms a file, rounds floats.
   *
   * @throws CANCELLED or DEADLINE_EXCEEDED when `signal` aborts before a thread took the image; IMAGE_* codes for bytes
   * that are no readable image, INVALID_ARGUMENT for values that are no pixels; both with `details.sampleId`
   */
  prepareInput(transform: TransformReference, image: ImageInput, options?: TaskOptions): Promise<PreparedInput> {
    return this.#run(transform, options, (client, ofTransform) => {
      const bytes = ownBytes(image.bytes);
      return client.call('prepareInput', { ...ofTransform, bytes, format: image.format }, [bytes.buffer]);
    });
  }

  /**
   * Draws a heat map in an image's own pixels.
   *
   * @throws CANCELLED or DEADLINE_EXCEEDED as {@link prepareInput}; IMAGE_*
   */
  drawHeatMap(transform: TransformReference, request: HeatMapRequest, options?: TaskOptions): Promise<DrawnHeatMap> {
    return this.#run(transform, options, (client, ofTransform) => {
      const image = ownBytes(request.image);
      return client.call('drawHeatMap', { ...ofTransform, ...request, image }, [image.buffer]);
    });
  }

  /** Ends the threads when they have answered what they hold. What waits fails with SERVICE_UNAVAILABLE. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #run<T>(
    transform: TransformReference,
    options: TaskOptions | undefined,
    call: (client: ThreadClient<WorkerMethods>, ofTransform: { transformKey: string }) => Promise<T>,
  ): Promise<T> {
    return this.#pool.run(async (client) => {
      const registration = this.#transforms.registerTransform(client, transform);
      const result = call(client, { transformKey: transformKey(transform) });
      // A transform that is refused says why before the call says that it is not known.
      return (await Promise.all([registration, result]))[1];
    }, options);
  }
}

/** A view may lie in a larger buffer, which posting would copy whole: take exactly these bytes, to be moved. */
const ownBytes = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);
