import dimse from 'dcmjs-dimse';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { SulcusError } from '#libs/errors';
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from '#libs/dicom';
import { isAllowed, type Caller } from './callers.js';
import { negotiate } from './negotiate.js';
import { guardPduLengths } from './pdu-guard.js';
import { ObjectSink, RawDataset } from './received-object.js';

/** An object as it came in a C-STORE. */
export interface StoredObject {
  /** The data set in its transfer syntax, without file meta information. */
  bytes: Buffer;
  syntaxUid: string;
  callingTitle: string;
  callingAddress: string;
}

/** What the sender is told (PS3.4 annex B.2.3): success, out of resources, or a failure with its text. */
export type StoreAnswer = { status: 'success' } | { status: 'full' | 'failed'; comment: string };

/** Something that happened, for the log. No attribute of an object is among it. */
export type ScpNotice =
  | { kind: 'refused-caller' | 'too-many'; callingTitle: string; calledTitle: string; callingAddress: string }
  | { kind: 'aborted' | 'long-pdu' | 'broken'; callingAddress: string; detail: string };

export interface StoreScpOptions {
  host: string;
  /** 0: any free one. */
  port: number;
  /** Our application entity title: who calls another one is refused. */
  title: string;
  callers: readonly Caller[];
  maxAssociations: number;
  maxObjectBytes: number;
  /** An association in which nothing comes for this long is ended. */
  idleTimeoutMs: number;
  /** Answers when the object is where it must not get lost. */
  onObject: (object: StoredObject) => Promise<StoreAnswer>;
  onNotice: (notice: ScpNotice) => void;
}

const STATUS = { success: 0x0000, full: 0xa700, failed: 0x0110 } as const;
const { RejectResult, RejectSource, RejectReason } = dimse.constants;
/** Data sets stay out of its log; so do titles and addresses, which our own notices tell. */
dimse.log.setLevel('silent');
dimse.Implementation.setImplementationClassUid(IMPLEMENTATION_CLASS_UID);
dimse.Implementation.setImplementationVersion(IMPLEMENTATION_VERSION_NAME);

/** A storage and verification SCP (PS3.4 annexes A and B). */
export class StoreScp implements AsyncDisposable {
  readonly #server = createServer({ noDelay: true }, (socket) => this.#connect(socket));
  readonly #options: StoreScpOptions;
  readonly #connections = new Set<Connection>();
  #isStopping = false;

  private constructor(options: StoreScpOptions) {
    this.#options = options;
  }

  /** @throws PORT_IN_USE; INVALID_CONFIG for an address that is not this machine's */
  static async start(options: StoreScpOptions): Promise<StoreScp> {
    const scp = new StoreScp(options);
    await new Promise<void>((resolve, reject) => {
      scp.#server.once('error', (error: NodeJS.ErrnoException) =>
        reject(
          new SulcusError(
            error.code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'INVALID_CONFIG',
            `Cannot listen for DICOM on ${options.host}:${options.port}: ${error.message}`,
            { cause: error },
          ),
        ),
      );
      scp.#server.listen(options.port, options.host, resolve);
    });
    return scp;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Associations that are open. */
  get associations(): number {
    return [...this.#connections].filter(({ isAssociated }) => isAssociated).length;
  }

  /** Takes no more associations, lets those that are open end, and cuts them off after `graceMs`. */
  async stop(graceMs = 10_000): Promise<void> {
    this.#isStopping = true;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const connection of this.#connections) if (!connection.isAssociated) connection.end();
    const timer = setTimeout(() => {
      for (const connection of this.#connections) connection.end();
    }, graceMs);
    await closed;
    clearTimeout(timer);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop(0);
  }

  #connect(socket: Socket): void {
    const connection = new Connection(socket, this.#options, () => this.#isStopping || this.#isFull());
    this.#connections.add(connection);
    socket.on('close', () => this.#connections.delete(connection));
  }

  #isFull(): boolean {
    return this.associations >= this.#options.maxAssociations;
  }
}

/** One peer, for as long as its connection lasts. */
class Connection extends dimse.Scp {
  isAssociated = false;
  readonly #socket: Socket;
  readonly #options: StoreScpOptions;
  readonly #mayNotAssociate: () => boolean;
  readonly #callingAddress: string;
  #callingTitle = '';

  constructor(socket: Socket, options: StoreScpOptions, mayNotAssociate: () => boolean) {
    super(socket, { associationTimeout: options.idleTimeoutMs, pduTimeout: options.idleTimeoutMs });
    this.#socket = socket;
    this.#options = options;
    this.#mayNotAssociate = mayNotAssociate;
    this.#callingAddress = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    const callingAddress = this.#callingAddress;
    socket.setTimeout(options.idleTimeoutMs, () => socket.destroy());
    guardPduLengths(socket, (bytes) =>
      options.onNotice({ kind: 'long-pdu', callingAddress, detail: `${bytes} bytes` }),
    );
    const broken = (error: Error): void => {
      options.onNotice({ kind: 'broken', callingAddress, detail: error.message });
      socket.destroy();
    };
    this.on('networkError', broken);
    socket.on('error', () => undefined);
  }

  end(): void {
    this.#socket.destroy();
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
    if (!isAllowed(callers, callingTitle, this.#callingAddress)) return refuse(RejectReason.CallingAeNotRecognized);
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

  override createStoreWritableStream(): ObjectSink {
    return new ObjectSink(this.#options.maxObjectBytes);
  }

  override createDatasetFromStoreWritableStream(
    sink: ObjectSink,
    context: InstanceType<typeof dimse.association.PresentationContext>,
    take: (dataset: RawDataset) => void,
  ): void {
    take(new RawDataset(sink.take(), context.getAcceptedTransferSyntaxUid() ?? ''));
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
