import {
  context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span,
} from '@opentelemetry/api';
import { SulcusError } from '#libs/errors';
import { attr } from './attributes.js';
import { formatTraceparent, parseTraceparent } from './traceparent.js';

/** A span elsewhere that this one builds on without being its child: a batch links its images. */
export interface SpanLink {
  traceparent: string;
  attributes?: Attributes;
}

export interface SpanOptions {
  /** Default: 'internal'. */
  kind?: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  attributes?: Attributes;
  /** Links with an invalid traceparent are dropped. */
  links?: readonly SpanLink[];
  /** Traceparent of a remote parent. Default: the span that is current here. */
  parent?: string;
  /** True: starts a new trace whatever is current. */
  root?: boolean;
}

/** The running span, as the function inside {@link withSpan} sees it. */
export interface SpanHandle {
  /** 32 hexadecimal digits; all zero while tracing is off and no remote parent is known. */
  readonly traceId: string;
  /** To be sent along; empty while tracing is off and no remote parent is known. */
  readonly traceparent: string;
  setAttributes(attributes: Attributes): void;
  addLink(link: SpanLink): void;
  addEvent(name: string, attributes?: Attributes): void;
}

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

let onSpanEnd: ((span: Span) => void) | undefined;

/** Registers who is told of every ended span (the span file), beside the processors of the SDK. */
export function setSpanEndListener(listener: ((span: Span) => void) | undefined): void {
  onSpanEnd = listener;
}

/**
 * Runs `fn` inside a span and ends the span with it. Spans opened within become its children. A thrown error is
 * recorded and passed on; a cancellation is recorded but is no error. Nearly free while tracing is off.
 */
export async function withSpan<T>(
  name: string,
  options: SpanOptions,
  fn: (span: SpanHandle) => Promise<T> | T,
): Promise<T> {
  const base = parentContext(options);
  const span = trace.getTracer('sulcus').startSpan(
    name,
    {
      kind: KINDS[options.kind ?? 'internal'],
      attributes: options.attributes,
      links: options.links?.flatMap(toLink),
    },
    base,
  );
  try {
    return await context.with(trace.setSpan(base, span), fn, undefined, handleOf(span));
  } catch (error) {
    recordError(span, error);
    throw error;
  } finally {
    span.end();
    onSpanEnd?.(span);
  }
}

/** Traceparent of the span that is current here, to be put in a message header; undefined outside of any. */
export function currentTraceparent(): string | undefined {
  const spanContext = trace.getSpanContext(context.active());
  return spanContext && parseTraceparent(formatTraceparent(spanContext)) ? formatTraceparent(spanContext) : undefined;
}

function parentContext({ parent, root }: SpanOptions): Context {
  if (root) return ROOT_CONTEXT;
  const remote = parseTraceparent(parent);
  return remote ? trace.setSpanContext(context.active(), remote) : context.active();
}

function toLink({ traceparent, attributes }: SpanLink): Link[] {
  const spanContext = parseTraceparent(traceparent);
  return spanContext ? [{ context: spanContext, ...(attributes ? { attributes } : {}) }] : [];
}

function handleOf(span: Span): SpanHandle {
  const spanContext = span.spanContext();
  const traceparent = formatTraceparent(spanContext);
  return {
    traceId: spanContext.traceId,
    traceparent: parseTraceparent(traceparent) ? traceparent : '',
    setAttributes: (attributes) => void span.setAttributes(attributes),
    addLink: (link) => toLink(link).forEach((valid) => span.addLink(valid)),
    addEvent: (name, attributes) => void span.addEvent(name, attributes),
  };
}

function recordError(span: Span, thrown: unknown): void {
  const error = SulcusError.from(thrown);
  span.setAttributes({ [attr.errorType]: error.code });
  if (error.code === 'CANCELLED') return;
  span.recordException({ name: error.name, message: error.code, stack: placesOf(thrown) });
  span.setStatus({ code: SpanStatusCode.ERROR, message: error.code });
}

/** Where it was thrown. Messages quote what was sent, which may name a patient, and traces go anywhere. */
const placesOf = (thrown: unknown): string =>
  (thrown instanceof Error ? (thrown.stack ?? '') : '')
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .join('\n');
