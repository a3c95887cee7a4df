import { context, trace } from '@opentelemetry/api';
import { pino, type Logger as PinoLogger } from 'pino';
import { LOG_LEVELS } from './environment.js';

export type Logger = PinoLogger;

/**
 * Logger that writes JSON lines to stderr, with the current trace and span id, so that a line and its trace find each
 * other. Values of kind `Secret` (libs/config) print as asterisks. Level: SULCUS_LOG_LEVEL, default info; a wrong value
 * is reported by startTelemetry.
 *
 * @param destination for tests; default: stderr, written synchronously so that the last line before a crash is there
 */
export function createLogger(name: string, destination: { write(line: string): void } = standardError()): Logger {
  return pino(
    {
      name,
      level: LOG_LEVELS.find((level) => level === process.env.SULCUS_LOG_LEVEL) ?? 'info',
      base: { service: name, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: traceIds,
    },
    destination,
  );
}

/** Lines that stderr has not taken, in bytes of memory: newer ones are dropped. */
const MAX_HELD_BYTES = 2 ** 20;

/** A log that cannot be written, as on a full disk, is no reason for a service to end. */
function standardError(): { write(line: string): void } {
  const destination = pino.destination({ fd: 2, sync: true, maxLength: MAX_HELD_BYTES });
  destination.on('error', () => undefined);
  return destination;
}

function traceIds(): Record<string, string> {
  const spanContext = trace.getSpanContext(context.active());
  return spanContext ? { trace_id: spanContext.traceId, span_id: spanContext.spanId } : {};
}
