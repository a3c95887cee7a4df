import { choice, optional, text } from '#libs/config';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** What telemetry reads besides the standard `OTEL_*` variables. */
export const environment = {
  logLevel: [
    'SULCUS_LOG_LEVEL',
    choice(LOG_LEVELS, { default: 'info', description: `Least severe log lines shown: ${LOG_LEVELS.join(', ')}` }),
  ],
  traceFile: [
    'SULCUS_TRACE_FILE',
    optional(
      text({ description: 'File that spans are appended to as OTLP JSON lines; %p is the process id, %s the service' }),
    ),
  ],
} as const;
