import dimse from 'dcmjs-dimse';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { readTlsFiles, type TlsFiles } from '#libs/access';
import { EXPLICIT_LITTLE_ENDIAN } from '#libs/dicom';
import { SulcusError } from '#libs/errors';
import type { Peer } from './peers.js';
import './library.js';

type Request = InstanceType<
  typeof dimse.requests.CEchoRequest | typeof dimse.requests.CStoreRequest | typeof dimse.requests.NEventReportRequest
>;

export interface CallOptions {
  peer: Peer;
  /** Our own application entity title. */
  callingTitle: string;
  /** The association is given up when it has not ended by then. */
  timeoutMs: number;
  /** Undefined: the connection is not encrypted. */
  tls?: TlsFiles | undefined;
  /** The peer is the user of the service, and we provide it (PS3.7 D.3.3.4). */
  weProvide?: boolean;
}

/** A request that is made when it is known in which transfer syntax its data set is to be. */
export interface Call {
  sopClassUid: string;
  request: (syntaxUid: string) => Request;
}

/** What a peer answered. */
export interface Answer {
  status: number;
  comment: string;
}

const SYNTAXES = [EXPLICIT_LITTLE_ENDIAN, '1.2.840.10008.1.2'];
const { PresentationContextResult } = dimse.constants;

/**
 * Opens an association, sends requests one after the other, and releases it.
 *
 * @returns an answer for each request, in their order
 * @throws SERVICE_UNAVAILABLE when the peer cannot be reached, refuses, or does not answer
 */
export async function callPeer(options: CallOptions, calls: readonly Call[]): Promise<Answer[]> {
  const { peer, tls, timeoutMs } = options;
  const failed = (what: string, cause?: unknown): SulcusError =>
    new SulcusError('SERVICE_UNAVAILABLE', `${peer.title} at ${peer.host}:${peer.port} ${what}`, { cause });
  const socket = tls ? connectTls({ ...peer, ...contextOf(tls) }) : connectPlain(peer.port, peer.host);
  const answers: Answer[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(failed(`did not answer within ${timeoutMs} ms`)), timeoutMs);
      socket.on('close', () => clearTimeout(timer));
      const scu = new Scu(socket, options, { calls, answers, onRefused: (what) => reject(failed(what)) });
      scu.on('networkError', (error: Error) => reject(failed(`cannot be reached: ${error.message}`, error)));
      scu.on('associationRejected', ({ reason }: { reason: number }) =>
        reject(failed(`refused the association (reason ${reason})`)),
      );
      scu.on('abort', () => reject(failed('aborted the association')));
      scu.on('associationReleaseResponse', () => resolve());
      scu.on('close', () => reject(failed('ended the association before all was answered')));
    });
  } finally {
    socket.destroy();
  }
  return answers;
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

/** The library's provider, as a user: its client forgets roles and fixes syntaxes before they are agreed. */
class Scu extends dimse.Scp {
  constructor(
    socket: Socket,
    { peer, callingTitle, timeoutMs, weProvide, tls }: CallOptions,
    conversation: Conversation,
  ) {
    super(socket, { connectTimeout: timeoutMs, associationTimeout: timeoutMs, pduTimeout: timeoutMs });
    const association = new dimse.association.Association(callingTitle, peer.title);
    for (const uid of new Set(conversation.calls.map(({ sopClassUid }) => sopClassUid))) {
      const id = association.addPresentationContext(uid);
      for (const syntax of SYNTAXES) association.addTransferSyntaxToPresentationContext(id, syntax);
      if (!weProvide) continue;
      association.getPresentationContext(id).setUserRole(false);
      association.getPresentationContext(id).setProviderRole(true);
    }
    socket.once(tls ? 'secureConnect' : 'connect', () => this.sendAssociationRequest(association));
    this.on('associationAccepted', (accepted: typeof association) => this.#send(accepted, conversation));
    this.on('done', () => this.sendAssociationReleaseRequest());
  }

  #send(
    accepted: InstanceType<typeof dimse.association.Association>,
    { calls, answers, onRefused }: Conversation,
  ): void {
    const contexts = accepted.getPresentationContexts().map(({ id }) => accepted.getPresentationContext(id));
    const requests: Request[] = [];
    for (const [index, { sopClassUid, request }] of calls.entries()) {
      const context = contexts.find(
        (one) => one.getAbstractSyntaxUid() === sopClassUid && one.getResult() === PresentationContextResult.Accept,
      );
      if (!context) return onRefused(`does not take objects of the class ${sopClassUid}`);
      const made = request(context.getAcceptedTransferSyntaxUid() ?? EXPLICIT_LITTLE_ENDIAN);
      made.on('response', (response: InstanceType<typeof dimse.responses.CStoreResponse>) => {
        answers[index] = { status: response.getStatus(), comment: response.getErrorComment() ?? '' };
      });
      requests.push(made);
    }
    this.sendRequests(requests);
  }

  override abort(): void {
    // Told by the event of the same name.
  }
}
