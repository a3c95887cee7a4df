import dimse from 'dcmjs-dimse';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { SulcusError } from '#libs/errors';
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from '#libs/dicom';
import { isAllowed } from './callers.js';
import { negotiate } from './negotiate.js';
import { PduSocket } from './pdu-socket.js';
import { EmptySink, RawDataset } from './raw-dataset.js';
import type { StoreAnswer, StoreScpOptions } from './scp-options.js';
import { certificateNamesOf } from './tls.js';

const STATUS = { success: 0x0000, full: 0xa700, failed: 0x0110 } as const;
const { RejectResult, RejectSource, RejectReason } = dimse.constants;
/** Data sets stay out of its log; so do titles and addresses, which our own notices tell. */
dimse.log.setLevel('silent');
dimse.Implementation.setImplementationClassUid(IMPLEMENTATION_CLASS_UID);
dimse.Implementation.setImplementationVersion(IMPLEMENTATION_VERSION_NAME);

export const addressOf = (socket: Socket): string => (socket.remoteAddress ?? '').replace(/^::ffff:/, '');

/** Tells connections apart; the same for what is encrypted and what carries it. */
export const peerOf = (socket: Socket): string => `${socket.remoteAddress}|${socket.remotePort}`;

/** One peer, for as long as its connection lasts. */
export class ScpConnection extends dimse.Scp {
  isAssociated = false;
  /** See {@link peerOf}. */
  readonly peer: string;
  readonly #socket: Socket;
  readonly #units: PduSocket;
  readonly #options: StoreScpOptions;
  readonly #mayNotAssociate: () => boolean;
  readonly #callingAddress: string;
  #callingTitle = '';

  constructor(socket: Socket, options: StoreScpOptions, mayNotAssociate: () => boolean) {
    const callingAddress = addressOf(socket);
    const units = new PduSocket(socket, {
      maxObjectBytes: options.maxObjectBytes,
      onViolation: (detail) => options.onNotice({ kind: 'long-pdu', callingAddress, detail }),
    });
    super(units.asSocket(), { associationTimeout: options.idleTimeoutMs, pduTimeout: options.idleTimeoutMs });
    this.peer = peerOf(socket);
    this.#socket = socket;
    this.#units = units;
    this.#options = options;
    this.#mayNotAssociate = mayNotAssociate;
    this.#callingAddress = callingAddress;
    socket.setTimeout(options.idleTimeoutMs, () => socket.destroy());
    const broken = (error: Error): void => {
      options.onNotice({ kind: 'broken', callingAddress, detail: error.message });
      socket.destroy();
    };
    this.on('networkError', broken);
    socket.on('error', () => undefined);
  }

  override associationRequested(association: InstanceType<typeof dimse.association.Association>): void {
    const callingTitle = association.getCallingAeTitle().trim();
    const calledTitle = association.getCalledAeTitle().trim();
    const about = { callingTitle, calledTitle, callingAddress: this.#callingAddress };
    const { title, callers, onNotice } = this.#options;
    const refuse = (reason: number): void => {
      onNotice({ kind: 'refused-caller', ...about });
      this.sendAssociationReject(RejectResult.Permanent, RejectSource.ServiceUser, reason);
    };
    if (calledTitle !== title) return refuse(RejectReason.CalledAeNotRecognized);
    const certificateNames = this.#socket instanceof TLSSocket ? certificateNamesOf(this.#socket) : [];
    const calling = { title: callingTitle, address: this.#callingAddress, certificateNames };
    if (!isAllowed(callers, calling)) return refuse(RejectReason.CallingAeNotRecognized);
    if (this.#mayNotAssociate()) {
      onNotice({ kind: 'too-many', ...about });
      const { Transient } = RejectResult;
      const { ServiceProviderPresentation } = RejectSource;
      return this.sendAssociationReject(Transient, ServiceProviderPresentation, RejectReason.LocalLimitExceeded);
    }
    this.isAssociated = true;
    this.#callingTitle = callingTitle;
    negotiate(association);
    this.sendAssociationAccept();
  }

  override associationReleaseRequested(): void {
    this.sendAssociationReleaseResponse();
  }

  override abort(source: number, reason: number): void {
    const detail = `source ${source}, reason ${reason}`;
    this.#options.onNotice({ kind: 'aborted', callingAddress: this.#callingAddress, detail });
    this.#socket.destroy();
  }

  override cEchoRequest(
    request: InstanceType<typeof dimse.requests.CEchoRequest>,
    answer: (response: InstanceType<typeof dimse.responses.CEchoResponse>) => void,
  ): void {
    const response = dimse.responses.CEchoResponse.fromRequest(request);
    response.setStatus(STATUS.success);
    answer(response);
  }

  override createStoreWritableStream(): EmptySink {
    return new EmptySink();
  }

  override createDatasetFromStoreWritableStream(
    _sink: EmptySink,
    context: InstanceType<typeof dimse.association.PresentationContext>,
    take: (dataset: RawDataset) => void,
  ): void {
    take(new RawDataset(this.#units.takeObject(), context.getAcceptedTransferSyntaxUid() ?? ''));
  }

  override cStoreRequest(
    request: InstanceType<typeof dimse.requests.CStoreRequest>,
    answer: (response: InstanceType<typeof dimse.responses.CStoreResponse>) => void,
  ): void {
    const reply = (stored: StoreAnswer): void => {
      if (this.#socket.destroyed) return;
      const response = dimse.responses.CStoreResponse.fromRequest(request);
      response.setStatus(STATUS[stored.status]);
      // At most 64 characters (LO), of the default repertoire.
      if ('comment' in stored) response.setErrorComment(stored.comment.replace(/[^ -[\]-~]/g, '?').slice(0, 64));
      answer(response);
    };
    this.#store(request.getDataset()).then(reply, (error: unknown) =>
      reply({ status: 'failed', comment: SulcusError.from(error).rawMessage }),
    );
  }

  async #store(dataset: unknown): Promise<StoreAnswer> {
    const { bytes, syntaxUid } = dataset as RawDataset;
    if (bytes === undefined)
      return { status: 'failed', comment: `The object has more than ${this.#options.maxObjectBytes} bytes` };
    const from = { callingTitle: this.#callingTitle, callingAddress: this.#callingAddress };
    return await this.#options.onObject({ bytes, syntaxUid, ...from });
  }
}
