import { context, propagation, trace } from '@opentelemetry/api';
import { hostname } from 'node:os';
import { parseEnvironment } from '#libs/config';
import { environment } from './environment.js';
import { setSpanEndListener } from './span.js';

export interface Telemetry {
  /** Writes and sends what is held. Spans ended afterwards are lost. */
  shutdown(): Promise<void>;
}

/** A tensor batch links every image in it; the SDK's own limit of 128 would silently cut that. */
const SPAN_LIMITS = { linkCountLimit: 4096 };

const OTLP_VARIABLES = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_TRACES_EXPORTER'];

/**
 * Starts tracing as the environment asks: `OTEL_*` variables with their standard meaning when they name an exporter or
 * endpoint, `SULCUS_TRACE_FILE` for OTLP JSON lines in a local file, both, or neither: then nothing is even loaded.
 *
 * @param serviceName such as "ingest"; `OTEL_SERVICE_NAME` wins where OTLP is used
 * @throws INVALID_CONFIG when SULCUS_LOG_LEVEL is no level
 */
export async function startTelemetry(serviceName: string): Promise<Telemetry> {
  const { traceFile } = parseEnvironment(environment);
  const stops: (() => Promise<void>)[] = [];
  if (traceFile !== undefined) {
    const { SpanFile, spanFilePath } = await import('./span-file.js');
    const file = new SpanFile(spanFilePath(traceFile, serviceName));
    setSpanEndListener((span) => file.add(span));
    stops.push(() => file.close());
  }
  if (wantsOtlp()) stops.push(await startOtlp(serviceName));
  else if (traceFile !== undefined) stops.push(await startLocal(serviceName));
  return {
    shutdown: async () => {
      setSpanEndListener(undefined);
      await Promise.allSettled(stops.splice(0).map((stop) => stop()));
    },
  };
}

function wantsOtlp(): boolean {
  const { OTEL_SDK_DISABLED, OTEL_TRACES_EXPORTER } = process.env;
  if (OTEL_SDK_DISABLED?.toLowerCase() === 'true' || OTEL_TRACES_EXPORTER === 'none') return false;
  return OTLP_VARIABLES.some((name) => (process.env[name] ?? '') !== '');
}

/**
 * The whole SDK: exporters, sampler and propagators follow the standard variables. Its detector of processes is left
 * out: the words of a command may name folders of patients, and hold passwords.
 */
async function startOtlp(serviceName: string): Promise<() => Promise<void>> {
  const [{ NodeSDK }, { envDetector, hostDetector }] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/resources'),
  ]);
  const sdk = new NodeSDK({
    serviceName: process.env.OTEL_SERVICE_NAME || serviceName,
    resourceDetectors: [envDetector, hostDetector, { detect: () => ({ attributes: { 'process.pid': process.pid } }) }],
    spanLimits: SPAN_LIMITS,
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  return () => sdk.shutdown();
}

/** Only what the span file needs: a third of the whole SDK's loading time, and many processes start at once. */
async function startLocal(serviceName: string): Promise<() => Promise<void>> {
  const [{ TracerProvider }, { resourceFromAttributes }, { AsyncLocalStorageContextManager }] = await Promise.all([
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/context-async-hooks'),
  ]);
  const resource = resourceFromAttributes({
    'service.name': serviceName,
    'service.namespace': 'sulcus',
    'service.instance.id': `${hostname()}:${process.pid}`,
    'process.pid': process.pid,
  });
  const provider = new TracerProvider({ resource, spanLimits: SPAN_LIMITS });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return async () => {
    await provider.shutdown();
    trace.disable();
    context.disable();
    propagation.disable();
  };
}
