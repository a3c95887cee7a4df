import type { MethodDefinition } from '@grpc/proto-loader';
import {
  status,
  type handleBidiStreamingCall,
  type handleUnaryCall,
  type ServerDuplexStream,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import { TurnLimit } from '#libs/async';
import { SulcusError } from '#libs/errors';
import { attr, withSpan, type Logger } from '#libs/telemetry';
import { createCallContext, type CallContext, type ServerCall } from './call-context.js';
import { isUnexpected, toFailureStatus, type FailureStatus } from './error-mapping.js';
import type { UntypedHandler } from './handler-types.js';
import { checkedMessage, checkedMessages, type Authorize, type MessageRole } from './server-security.js';
import { readMessages, writeMessages } from './message-streams.js';
import { accepted } from './wire/guarded-request.js';

/** What is known of a call when it is over. */
export interface FinishedCall {
  /** For example `sulcus.v1.Ingest/Annotate`. */
  method: string;
  /** gRPC status name, for example "OK" or "INVALID_ARGUMENT". */
  status: string;
  durationMs: number;
}

/** So many calls begin in a turn of the event loop: thousands that come at one moment do not stop all others. */
const CALLS_PER_TURN = 64;
const turns = new TurnLimit(CALLS_PER_TURN);

/** What every call of a server shares. */
export interface CallEnvironment {
  readonly log: Logger;
  readonly onCallFinished: (call: FinishedCall) => void;
  /** Called with every running call, so that stopping can wait for it. */
  readonly track: (running: Promise<void>) => void;
  /** Undefined: nobody is asked who they are. */
  readonly authorize?: Authorize | undefined;
  /** Role that one message needs beside that of its method. */
  readonly messageRole?: MessageRole | undefined;
}

/**
 * Turns an async function or async generator into what grpc-js calls. The body of every call runs inside a server
 * span whose parent comes with the request, with a signal for cancellation and deadline, and its failures become
 * statuses in one place.
 */
export function serveCall(
  definition: MethodDefinition<object, object>,
  handler: UntypedHandler,
  environment: CallEnvironment,
): UntypedHandleCall {
  const method = definition.path.replace(/^\//, '');
  return definition.responseStream
    ? serveStream(definition, method, handler, environment)
    : serveSingle(definition, method, handler, environment);
}

/** Unary and client streaming: one answer. */
function serveSingle(
  definition: MethodDefinition<object, object>,
  method: string,
  handler: UntypedHandler,
  environment: CallEnvironment,
): handleUnaryCall<unknown, unknown> {
  return (call, respond) => {
    const answer = async (context: CallContext) => {
      const requests = definition.requestStream
        ? checkedMessages(
            readMessages(call as unknown as ServerDuplexStream<unknown, unknown>, context.signal),
            context,
            environment,
          )
        : checkedMessage(accepted(call.request), context, environment);
      const response = await handler(requests, context);
      respond(null, response);
    };
    environment.track(runCall(call, method, environment, answer, respond));
  };
}

/** Server streaming and bidirectional: any number of answers. */
function serveStream(
  definition: MethodDefinition<object, object>,
  method: string,
  handler: UntypedHandler,
  environment: CallEnvironment,
): handleBidiStreamingCall<unknown, unknown> {
  return (call) => {
    const answer = async (context: CallContext) => {
      const requests = definition.requestStream
        ? checkedMessages(readMessages(call, context.signal), context, environment)
        : checkedMessage(accepted((call as unknown as { request: unknown }).request), context, environment);
      await writeMessages(call, handler(requests, context) as AsyncIterable<unknown>, context.signal);
      call.end();
    };
    environment.track(runCall(call, method, environment, answer, (failure) => call.emit('error', failure)));
  };
}

async function runCall(
  call: ServerCall,
  method: string,
  environment: CallEnvironment,
  answer: (context: CallContext) => Promise<void>,
  fail: (failure: FailureStatus) => void,
): Promise<void> {
  const startMs = performance.now();
  const { context, release } = createCallContext(call, method);
  let traceId: string | undefined;
  let statusName = 'OK';
  try {
    const attributes = { [attr.rpcSystem]: 'grpc', [attr.rpcMethod]: method };
    await withSpan(method, { kind: 'server', attributes, parent: context.metadata('traceparent') }, async (span) => {
      traceId = /[1-9a-f]/.test(span.traceId) ? span.traceId : undefined;
      await authorized(call, context, environment, answer).catch((thrown: unknown) => {
        const error = causeOf(thrown, context);
        span.setAttributes({ [attr.rpcStatusCode]: statusOf(error) });
        throw error;
      });
    });
  } catch (error) {
    statusName = statusOf(error);
    if (isUnexpected(error))
      environment.log.error({ err: error, method, trace_id: traceId }, 'call failed unexpectedly');
    // The client has the message, which may quote what it sent.
    else environment.log.debug({ method, code: (error as SulcusError).code }, 'call failed');
    fail(toFailureStatus(error, traceId));
  } finally {
    release();
    environment.onCallFinished({ method, status: statusName, durationMs: performance.now() - startMs });
  }
}

/** The handler runs for who may call it, before anything of the request is looked at. */
async function authorized(
  call: ServerCall,
  context: CallContext,
  { authorize }: CallEnvironment,
  answer: (context: CallContext) => Promise<void>,
): Promise<void> {
  await turns.begin(context.signal);
  await answer(authorize ? { ...context, identity: authorize(call, context.method) } : context);
}

/** Whatever breaks in a handler after the client has gone is a consequence of that. */
function causeOf(thrown: unknown, context: CallContext): unknown {
  return context.signal.aborted ? context.signal.reason : thrown;
}

function statusOf(error: unknown): string {
  return status[SulcusError.from(error).policy.grpcStatus] ?? 'UNKNOWN';
}
