import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { withoutCredentials } from '#libs/config';
import { SulcusError } from '#libs/errors';
import type { ObjectStore } from './object-store.js';

export interface S3Options {
  bucket: string;
  /** Put before every key, for example `sulcus/`. */
  prefix?: string;
  /** Of a server other than AWS, for example `http://127.0.0.1:9000`; buckets are then part of the path. */
  endpoint?: string;
  region?: string;
}

/** Tries of one request, with the client's own pauses between them. */
const MAX_ATTEMPTS = 5;

/**
 * Objects in a bucket of AWS S3 or of any server that speaks its protocol. Credentials are found as all AWS tools
 * find them: environment, shared files, the machine's role.
 */
export class S3Store implements ObjectStore {
  readonly description: string;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor({ bucket, prefix = '', endpoint, region = 'us-east-1' }: S3Options) {
    this.#bucket = bucket;
    this.#prefix = prefix;
    const place = endpoint === undefined ? '' : ` at ${withoutCredentials(endpoint)}`;
    this.description = `bucket ${bucket}${prefix === '' ? '' : `, ${prefix}`}${place}`;
    // Its versions of 2027 will not run on Node 20: that is for who brings them in, and no news for who runs this one.
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
    this.#client = new S3Client({
      region,
      maxAttempts: MAX_ATTEMPTS,
      // Other servers know neither virtual hosts nor the newer checksums; objects carry their hash as content.
      ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
  }

  async put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    const command = new PutObjectCommand({ Bucket: this.#bucket, Key: this.#prefix + key, Body: bytes });
    await this.#ask(`could not store ${key}`, () => this.#client.send(command, { abortSignal: signal }));
  }

  async get(key: string, signal?: AbortSignal): Promise<Buffer | undefined> {
    const command = new GetObjectCommand({ Bucket: this.#bucket, Key: this.#prefix + key });
    return await this.#ask(`could not read ${key}`, async () => {
      try {
        const { Body } = await this.#client.send(command, { abortSignal: signal });
        return Body && Buffer.from(await Body.transformToByteArray());
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    });
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<{ key: string; sizeBytes: number }> {
    let token: string | undefined;
    do {
      const command = new ListObjectsV2Command({
        Bucket: this.#bucket,
        Prefix: this.#prefix + prefix,
        ...(token === undefined ? {} : { ContinuationToken: token }),
      });
      const page = await this.#ask(`could not list ${prefix}`, () =>
        this.#client.send(command, { abortSignal: signal }),
      );
      for (const { Key, Size } of page.Contents ?? []) {
        if (Key !== undefined) yield { key: Key.slice(this.#prefix.length), sizeBytes: Size ?? 0 };
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async delete(key: string, signal?: AbortSignal): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: this.#bucket, Key: this.#prefix + key });
    await this.#ask(`could not delete ${key}`, () => this.#client.send(command, { abortSignal: signal }));
  }

  async close(): Promise<void> {
    this.#client.destroy();
  }

  async #ask<T>(what: string, request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      const { name, message } = error as Error;
      if (name === 'AbortError') throw SulcusError.from(error);
      const code = name === 'AccessDenied' || name === 'NoSuchBucket' ? 'INVALID_CONFIG' : 'SERVICE_UNAVAILABLE';
      throw new SulcusError(code, `The archive (${this.description}) ${what}: ${message || name}`, { cause: error });
    }
  }
}
