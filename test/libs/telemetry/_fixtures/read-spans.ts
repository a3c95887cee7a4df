import { existsSync, readFileSync } from 'node:fs';

/** A span as OTLP JSON spells it; only the fields that tests look at. */
export interface RecordedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes: { key: string; value: Record<string, unknown> }[];
  links?: { traceId: string; spanId: string }[];
  events?: { name: string }[];
  status: { code: number; message?: string };
}

interface ExportRequest {
  resourceSpans: { resource: { attributes: RecordedSpan['attributes'] }; scopeSpans: { spans: RecordedSpan[] }[] }[];
}

/** Every span of an OTLP JSON lines file, in file order. */
export function readSpans(file: string): RecordedSpan[] {
  return requests(file).flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
  );
}

/** Value of a resource attribute in the first line. */
export function resourceAttribute(file: string, key: string): unknown {
  const found = requests(file)[0]?.resourceSpans[0]?.resource.attributes.find((attribute) => attribute.key === key);
  return found && Object.values(found.value)[0];
}

/** Value of a span attribute, whatever its type. */
export function attribute(span: RecordedSpan | undefined, key: string): unknown {
  const found = span?.attributes.find((candidate) => candidate.key === key);
  return found && Object.values(found.value)[0];
}

function requests(file: string): ExportRequest[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ExportRequest);
}
