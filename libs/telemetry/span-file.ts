import { TraceFlags, type Span } from '@opentelemetry/api';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import path from 'node:path';

export interface SpanFileOptions {
  /** A killed process loses at most the spans of this time. Default: 500 ms. */
  flushIntervalMs?: number;
  /** A file that grew past this is renamed to `<path>.1`, replacing the one before. Default: 64 MiB. */
  maxFileBytes?: number;
}

/** Spans held before they are written without waiting for the interval. */
const MAX_HELD_SPANS = 512;

/** `%p` → process id, `%s` → service name, `%%` → `%`: each process writes a file of its own. */
export function spanFilePath(template: string, serviceName: string): string {
  return template.replace(/%[ps%]/g, (token) => ({ '%p': String(process.pid), '%s': serviceName })[token] ?? '%');
}

/**
 * Appends ended spans to a file, one OTLP JSON export request a line: the format that collectors' file receivers and
 * `sulcus trace` read. Writing never fails the caller: after an error (a full disk) spans are dropped and one warning
 * is printed.
 */
export class SpanFile {
  readonly #path: string;
  readonly #maxFileBytes: number;
  readonly #timer: NodeJS.Timeout;
  #held: ReadableSpan[] = [];
  #written = Promise.resolve();
  #fileBytes = 0;
  #warned = false;

  constructor(filePath: string, { flushIntervalMs = 500, maxFileBytes = 64 * 2 ** 20 }: SpanFileOptions = {}) {
    this.#path = path.resolve(filePath);
    this.#maxFileBytes = maxFileBytes;
    mkdirSync(path.dirname(this.#path), { recursive: true });
    this.#fileBytes = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
    this.#timer = setInterval(() => void this.flush(), flushIntervalMs).unref();
    process.on('exit', this.#flushOnExit);
  }

  /** Takes an ended span; spans that are not sampled are none of the file's business. */
  add(span: Span): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0 || !('resource' in span)) return;
    this.#held.push(span as Span & ReadableSpan);
    if (this.#held.length >= MAX_HELD_SPANS) void this.flush();
  }

  /** Resolves when everything added so far is in the file. */
  flush(): Promise<void> {
    const line = this.#takeLine();
    if (line) {
      this.#written = this.#written.then(async () => {
        try {
          this.#rotate(line.length);
          await appendFile(this.#path, line);
        } catch (error) {
          this.#warn(error);
        }
      });
    }
    return this.#written;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    process.off('exit', this.#flushOnExit);
    await this.flush();
  }

  /** Nothing asynchronous runs any more when a process exits early. */
  readonly #flushOnExit = (): void => {
    try {
      const line = this.#takeLine();
      if (line) appendFileSync(this.#path, line);
    } catch (error) {
      this.#warn(error);
    }
  };

  #takeLine(): Buffer | undefined {
    if (this.#held.length === 0) return undefined;
    const request = JsonTraceSerializer.serializeRequest(this.#held);
    this.#held = [];
    return request && Buffer.concat([request, Buffer.from('\n')]);
  }

  #rotate(nextBytes: number): void {
    if (this.#fileBytes > 0 && this.#fileBytes + nextBytes > this.#maxFileBytes) {
      renameSync(this.#path, `${this.#path}.1`);
      this.#fileBytes = 0;
    }
    this.#fileBytes += nextBytes;
  }

  #warn(error: unknown): void {
    if (this.#warned) return;
    this.#warned = true;
    process.stderr.write(`Spans cannot be written to ${this.#path} and are dropped: ${(error as Error).message}\n`);
  }
}
