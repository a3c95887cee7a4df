import dimse from 'dcmjs-dimse';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { readTlsFiles, type TlsFiles } from '#libs/access';
import { EXPLICIT_LITTLE_ENDIAN, parseDicom, type DataSet } from '#libs/dicom';
import { SulcusError } from '#libs/errors';
import { answerStore, type ObjectTaker } from './answer-store.js';
import type { StoreMessage } from './pdu-reader.js';
import { PduSocket } from './pdu-socket.js';
import type { Peer } from './peers.js';
import './library.js';

type Request = InstanceType<
  | typeof dimse.requests.CEchoRequest
  | typeof dimse.requests.CStoreRequest
  | typeof dimse.requests.NEventReportRequest
  | typeof dimse.requests.CFindRequest
  | typeof dimse.requests.CMoveRequest
  | typeof dimse.requests.CGetRequest
>;

export interface CallOptions {
  peer: Peer;
  /** Our own application entity title. */
  callingTitle: string;
  /** The association is given up when it has not ended by then; see `isForSilence`. */
  timeoutMs: number;
  /** The time counts anew with whatever comes: how long all of it takes is not known. */
  isForSilence?: boolean;
  /** Undefined: the connection is not encrypted. */
  tls?: TlsFiles | undefined;
  /** The peer is the user of the service, and we provide it (PS3.7 D.3.3.4). */
  weProvide?: boolean;
  /** Classes that are proposed beside those that are called. */
  proposes?: readonly string[];
  /** Is told what the peer takes of all that was proposed: the transfer syntax that it chose for each class. */
  onAgreed?: (accepted: ReadonlyMap<string, string>) => void;
  /** Objects that the peer sends on this association, when it is asked to. */
  receives?: Receiving;
  /** Aborts the association. */
  signal?: AbortSignal | undefined;
}

/** How objects are taken that come on an association of ours (C-GET, PS3.4 annex C.4.3). */
export interface Receiving extends ObjectTaker {
  /** A presentation context each. */
  contexts: readonly { sopClassUid: string; syntaxes: readonly string[] }[];
}

/** A request that is made when it is known in which transfer syntax its data set is to be. */
export interface Call {
  sopClassUid: string;
  request: (syntaxUid: string) => Request;
  /** Is given the data set of each response that more are to follow. */
  onPending?: (dataSet: DataSet) => void;
}

/** What became of the operations that a peer performed for a request; undefined: it does not say. */
export interface SubOperations {
  completed: number | undefined;
  failed: number | undefined;
  warnings: number | undefined;
}

/** What a peer answered. */
export interface Answer {
  status: number;
  comment: string;
  /** Of C-MOVE and C-GET. */
  operations?: SubOperations;
}

const SYNTAXES = [EXPLICIT_LITTLE_ENDIAN, '1.2.840.10008.1.2'];
/** A data set that is no image. */
const MAX_IDENTIFIER_BYTES = 1 << 20;
const TAKES_NOTHING: ObjectTaker = {
  maxObjectBytes: MAX_IDENTIFIER_BYTES,
  onObject: async () => ({ status: 'failed', comment: 'Nothing was asked for' }),
};
const CLOSE_TIMEOUT_MS = 1000;
const { PresentationContextResult, Status } = dimse.constants;

/**
 * Opens an association, sends requests one after the other, and releases it.
 *
 * @returns an answer for each request, in their order
 * @throws SERVICE_UNAVAILABLE when the peer cannot be reached, refuses, or does not answer; CANCELLED when the signal
 *   aborts
 */
export async function callPeer(options: CallOptions, calls: readonly Call[]): Promise<Answer[]> {
  const { peer, tls, timeoutMs, isForSilence = false, signal } = options;
  signal?.throwIfAborted();
  const failed = (what: string, cause?: unknown): SulcusError =>
    new SulcusError('SERVICE_UNAVAILABLE', `${peer.title} at ${peer.host}:${peer.port} ${what}`, { cause });
  const socket = tls ? connectTls({ ...peer, ...contextOf(tls) }) : connectPlain(peer.port, peer.host);
  const answers: Answer[] = [];
  let scu: Scu | undefined;
  let onAbort = (): void => undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(failed(`did not answer within ${timeoutMs} ms`)), timeoutMs);
      if (isForSilence) socket.on('data', () => timer.refresh());
      socket.on('close', () => clearTimeout(timer));
      onAbort = () => reject(SulcusError.from(signal?.reason));
      signal?.addEventListener('abort', onAbort, { once: true });
      scu = new Scu(socket, options, { calls, answers, onRefused: (what) => reject(failed(what)) });
      scu.on('networkError', (error: Error) => reject(failed(`cannot be reached: ${error.message}`, error)));
      scu.on('associationRejected', ({ reason }: { reason: number }) =>
        reject(failed(`refused the association (reason ${reason})`)),
      );
      scu.on('abort', () => reject(failed('aborted the association')));
      scu.on('associationReleaseResponse', () => resolve());
      scu.on('close', () => reject(failed('ended the association before all was answered')));
    });
  } catch (error) {
    // A peer that is not told would go on with what nobody waits for.
    if (!socket.destroyed && !socket.connecting) scu?.sendAbort();
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    close(socket);
  }
  return answers;
}

/** What was written last goes out before, for as long as a peer may need that takes anything at all. */
function close(socket: Socket): void {
  if (socket.connecting || socket.destroyed) return void socket.destroy();
  const timer = setTimeout(() => socket.destroy(), CLOSE_TIMEOUT_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.destroySoon();
}

function contextOf(files: TlsFiles): { cert?: Buffer | undefined; key?: Buffer | undefined; ca?: Buffer | undefined } {
  const { certificate, key, authorities } = readTlsFiles(files);
  return { cert: certificate, key, ca: authorities };
}

interface Conversation {
  calls: readonly Call[];
  /** Filled in the order of the calls. */
  answers: Answer[];
  onRefused: (what: string) => void;
}

type Association = InstanceType<typeof dimse.association.Association>;

/** The library's provider, as a user: its client forgets roles and fixes syntaxes before they are agreed. */
class Scu extends dimse.Scp {
  readonly #units: PduSocket;
  readonly #taker: ObjectTaker;
  #association: Association | undefined;

  constructor(socket: Socket, options: CallOptions, conversation: Conversation) {
    const { timeoutMs, tls, receives: taker = TAKES_NOTHING } = options;
    const units = new PduSocket(socket, {
      maxObjectBytes: taker.maxObjectBytes,
      onViolation: (detail) => conversation.onRefused(`sent what is no DICOM, or too long: ${detail}`),
      onStore: (message) => void this.#store(message, conversation.onRefused),
    });
    super(units.asSocket(), { connectTimeout: timeoutMs, associationTimeout: timeoutMs, pduTimeout: timeoutMs });
    this.#units = units;
    this.#taker = taker;
    const association = proposal(options, conversation.calls);
    socket.once(tls ? 'secureConnect' : 'connect', () => this.sendAssociationRequest(association));
    this.on('associationAccepted', (accepted: Association) => {
      options.onAgreed?.(agreedIn(accepted));
      this.#send(accepted, conversation);
    });
    this.on('done', () => this.sendAssociationReleaseRequest());
  }

  #send(accepted: Association, { calls, answers, onRefused }: Conversation): void {
    this.#association = accepted;
    const contexts = accepted.getPresentationContexts().map(({ id }) => accepted.getPresentationContext(id));
    const requests: Request[] = [];
    for (const [index, { sopClassUid, request, onPending }] of calls.entries()) {
      const context = contexts.find(
        (one) => one.getAbstractSyntaxUid() === sopClassUid && one.getResult() === PresentationContextResult.Accept,
      );
      if (!context) return onRefused(`does not take objects of the class ${sopClassUid}`);
      const syntaxUid = context.getAcceptedTransferSyntaxUid() ?? EXPLICIT_LITTLE_ENDIAN;
      const made = request(syntaxUid);
      made.on('response', (response: Response) => {
        const bytes = this.#units.takeObject();
        try {
          if (!isPending(response)) return void (answers[index] = answerOf(response));
          // The library takes any other status for the last one.
          response.setStatus(Status.Pending);
          if (onPending && bytes && bytes.length > 0) onPending(parseDicom(bytes, {}, syntaxUid).dataSet);
        } catch (error) {
          onRefused(`sent a response that cannot be read: ${SulcusError.from(error).rawMessage}`);
        }
      });
      requests.push(made);
    }
    this.sendRequests(requests);
  }

  async #store(message: StoreMessage, onRefused: Conversation['onRefused']): Promise<void> {
    const answer = await answerStore(message, this.#association, this.#taker);
    if (answer) this.#units.write(answer);
    else onRefused(`sent an object in context ${message.contextId}, which was not agreed`);
  }

  override abort(): void {
    // Told by the event of the same name.
  }
}

/** What is proposed: a context for each class that is called, and those in which objects come. */
function proposal(
  { peer, callingTitle, weProvide, receives, proposes = [] }: CallOptions,
  calls: readonly Call[],
): Association {
  const association = new dimse.association.Association(callingTitle, peer.title);
  const propose = (sopClassUid: string, syntaxes: readonly string[], areWeProvider: boolean): void => {
    const id = association.addPresentationContext(sopClassUid);
    for (const syntax of syntaxes) association.addTransferSyntaxToPresentationContext(id, syntax);
    if (!areWeProvider) return;
    association.getPresentationContext(id).setUserRole(false);
    association.getPresentationContext(id).setProviderRole(true);
  };
  for (const uid of new Set([...calls.map(({ sopClassUid }) => sopClassUid), ...proposes]))
    propose(uid, SYNTAXES, weProvide === true);
  for (const { sopClassUid, syntaxes } of receives?.contexts ?? []) propose(sopClassUid, syntaxes, true);
  return association;
}

/** Of the contexts of an association: the transfer syntax of each class that was accepted. */
function agreedIn(association: Association): Map<string, string> {
  const contexts = association.getPresentationContexts().map(({ id }) => association.getPresentationContext(id));
  const accepted = contexts.filter((one) => one.getResult() === PresentationContextResult.Accept);
  return new Map(accepted.map((one) => [one.getAbstractSyntaxUid(), one.getAcceptedTransferSyntaxUid() ?? '']));
}

/** Any response; those of C-MOVE and C-GET count their operations. */
type Response = InstanceType<typeof dimse.responses.CStoreResponse> &
  Partial<Pick<InstanceType<typeof dimse.responses.CGetResponse>, 'getCompleted' | 'getFailures' | 'getWarnings'>>;

/** FF01 as well: the peer cannot match by all that was asked for, and says what it found (PS3.4 C.4.1.1.4). */
const isPending = (response: Response): boolean => [Status.Pending, 0xff01].includes(response.getStatus());

const answerOf = (response: Response): Answer => ({
  status: response.getStatus(),
  comment: response.getErrorComment() ?? '',
  operations: {
    completed: response.getCompleted?.(),
    failed: response.getFailures?.(),
    warnings: response.getWarnings?.(),
  },
});
