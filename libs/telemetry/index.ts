/**
 * Tracing and logging of every service. The only lib that imports OpenTelemetry and pino; of ours it imports config and
 * errors.
 *
 *     const log = createLogger('ingest');
 *     await withSpan('ingest image', { attributes: { [attr.sampleId]: sampleId } }, async (span) => { … });
 */
export { attr, type AttributeName } from './attributes.js';
export { createLogger, type Logger } from './logger.js';
export { startTelemetry, type Telemetry } from './start.js';
export { currentTraceparent, withSpan, type SpanHandle, type SpanLink, type SpanOptions } from './span.js';
export { environment as telemetryEnvironment } from './environment.js';
