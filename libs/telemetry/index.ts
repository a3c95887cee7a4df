/** Tracing and logging of every service; the only lib that knows OpenTelemetry. */
export { attr, type AttributeName } from './attributes.js';
export { createLogger, type Logger } from './logger.js';
export { startTelemetry, type Telemetry } from './start.js';
export { currentTraceparent, withSpan, type SpanHandle, type SpanLink, type SpanOptions } from './span.js';
export { environment as telemetryEnvironment } from './environment.js';
