import { createReadStream, existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { SulcusError } from '#libs/errors';

/** A recorded span, as far as a timeline needs it. */
export interface SpanRecord {
  /** Trace id and span id together: what links and parents refer to. */
  id: string;
  parentId?: string;
  name: string;
  service: string;
  startUnixMs: number;
  durationMs: number;
  attributes: Readonly<Record<string, string | number | boolean>>;
  linkIds: readonly string[];
  /** Message of the failure, when the span ended with one. */
  error?: string;
}

/** OTLP JSON (opentelemetry-proto, trace/v1), the fields read here. */
interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: OtlpAttribute[];
  links?: { traceId: string; spanId: string }[];
  status?: { code?: number; message?: string };
}
interface OtlpAttribute {
  key: string;
  value: { stringValue?: string; intValue?: string | number; doubleValue?: number; boolValue?: boolean };
}
interface OtlpRequest {
  resourceSpans?: { resource?: { attributes?: OtlpAttribute[] }; scopeSpans?: { spans?: OtlpSpan[] }[] }[];
}

/**
 * Reads every span of a folder of OTLP JSON lines. A line that a killed process left unfinished is skipped.
 *
 * @throws FILE_UNREADABLE when there is no such folder
 */
export async function readSpanFolder(folder: string): Promise<SpanRecord[]> {
  if (!existsSync(folder)) {
    throw new SulcusError(
      'FILE_UNREADABLE',
      `No trace folder at ${folder}: start with npm start, or name another with --dir`,
    );
  }
  const files = readdirSync(folder)
    .filter((file) => /\.jsonl(\.\d+)?$/.test(file))
    .sort();
  const spans: SpanRecord[] = [];
  for (const file of files) {
    for await (const line of createInterface({
      input: createReadStream(path.join(folder, file)),
      crlfDelay: Infinity,
    })) {
      spans.push(...parseLine(line));
    }
  }
  return spans;
}

function parseLine(line: string): SpanRecord[] {
  let request: OtlpRequest;
  try {
    request = JSON.parse(line) as OtlpRequest;
  } catch {
    return [];
  }
  return (request.resourceSpans ?? []).flatMap(({ resource, scopeSpans }) => {
    const service = String(toRecord(resource?.attributes)['service.name'] ?? '');
    return (scopeSpans ?? []).flatMap(({ spans }) => (spans ?? []).map((span) => toSpanRecord(span, service)));
  });
}

function toSpanRecord(span: OtlpSpan, service: string): SpanRecord {
  const startNs = BigInt(span.startTimeUnixNano);
  return {
    id: `${span.traceId}:${span.spanId}`,
    ...(span.parentSpanId ? { parentId: `${span.traceId}:${span.parentSpanId}` } : {}),
    name: span.name,
    service,
    startUnixMs: Number(startNs / 1000n) / 1000,
    durationMs: Number(BigInt(span.endTimeUnixNano) - startNs) / 1e6,
    attributes: toRecord(span.attributes),
    linkIds: (span.links ?? []).map(({ traceId, spanId }) => `${traceId}:${spanId}`),
    ...(span.status?.code === 2 ? { error: span.status.message ?? 'failed' } : {}),
  };
}

function toRecord(attributes: readonly OtlpAttribute[] = []): Record<string, string | number | boolean> {
  return Object.fromEntries(
    attributes.flatMap(({ key, value }) => {
      const plain =
        value.stringValue ??
        value.boolValue ??
        value.doubleValue ??
        (value.intValue === undefined ? undefined : Number(value.intValue));
      return plain === undefined ? [] : [[key, plain]];
    }),
  );
}
