import dimse from 'dcmjs-dimse';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { connectionKey } from '#libs/connections';
import { SulcusError } from '#libs/errors';
import { readDicom } from '#libs/dicom';
import { answerStore } from './answer-store.js';
import { isAllowed } from './callers.js';
import {
  commitmentReport,
  readCommitment,
  STORAGE_COMMITMENT,
  type CommitmentRequest,
  type PendingReport,
} from './commitment.js';
import { negotiate } from './negotiate.js';
import type { ObjectRoom } from './object-room.js';
import { PduSocket } from './pdu-socket.js';
import type { StoreMessage } from './pdu-reader.js';
import type { StoreScpOptions } from './scp-options.js';
import { PERFORMED_PROCEDURE_STEP, readStep, type ProcedureStep, type StepAnswer } from './procedure-step.js';
import { callBack, findDurable } from './report-commitment.js';
import { certificateNamesOf } from './tls.js';
import './library.js';

const STEP_STATUS: Readonly<Record<StepAnswer, number>> = {
  success: 0x0000,
  exists: 0x0111,
  unknown: 0x0112,
  final: 0x0110,
};
const { RejectResult, RejectSource, RejectReason, Status } = dimse.constants;

/** Behind the end of an association. */
const RELEASED_FOR_MS = 30_000;

/** The number of a UUID as a UID (PS3.5 annex B.2). */
const uidOfUuid = (uuid: string): string => `2.25.${BigInt(`0x${uuid.replaceAll('-', '')}`)}`;

export const addressOf = (socket: Socket): string => (socket.remoteAddress ?? '').replace(/^::ffff:/, '');

/** One peer, for as long as its connection lasts. */
export class ScpConnection extends dimse.Scp {
  /** An association was agreed; it may have ended. */
  isAssociated = false;
  /** See {@link connectionKey}. */
  readonly key: string;
  readonly #socket: Socket;
  readonly #units: PduSocket;
  readonly #options: StoreScpOptions;
  readonly #mayNotAssociate: () => boolean;
  readonly #stop: AbortSignal;
  readonly #callingAddress: string;
  #callingTitle = '';
  #association: InstanceType<typeof dimse.association.Association> | undefined;
  #isReleased = false;
  #isCut = false;
  /** Objects that are not answered yet, and their bytes. */
  #unanswered = 0;
  #unansweredBytes = 0;
  readonly #tellRoom: () => void;

  constructor(
    socket: Socket,
    options: StoreScpOptions,
    room: ObjectRoom,
    mayNotAssociate: () => boolean,
    stop: AbortSignal,
  ) {
    const units = new PduSocket(socket, {
      maxObjectBytes: options.maxObjectBytes,
      rateAfterMs: options.rateAfterMs,
      onViolation: (detail) => this.#cut('long-pdu', detail),
      onStore: (message) => void this.#store(message),
      onObjectBytes: () => this.#tellRoom(),
      mayCarryData: () => this.isAssociated,
    });
    super(units.asSocket(), { associationTimeout: options.idleTimeoutMs, pduTimeout: options.idleTimeoutMs });
    this.key = connectionKey(socket);
    this.#socket = socket;
    this.#units = units;
    const holder = { wait: (isToWait: boolean) => (isToWait ? units.hold('room') : units.release('room')) };
    this.#tellRoom = () => room.set(holder, this.#unansweredBytes + (socket.destroyed ? 0 : units.objectBytes));
    this.#options = options;
    this.#mayNotAssociate = mayNotAssociate;
    this.#stop = stop;
    this.#callingAddress = addressOf(socket);
    socket.setTimeout(options.idleTimeoutMs, () => socket.destroy());
    this.on('networkError', (error: Error) => this.#cut('broken', error.message));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#tellRoom();
      if (this.hasAssociation && !stop.aborted) this.#cut('broken', 'it ended without a release');
    });
  }

  /** Ends the connection, and says why, once. */
  #cut(kind: 'aborted' | 'broken' | 'long-pdu', detail: string): void {
    if (!this.#isCut) this.#options.onNotice({ kind, callingAddress: this.#callingAddress, detail });
    this.#isCut = true;
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
    negotiate(association, {
      commitment: this.#options.onCommitment !== undefined,
      procedureSteps: this.#options.onProcedureStep !== undefined,
    });
    this.#association = association;
    this.sendAssociationAccept();
  }

  /** An association is open. */
  get hasAssociation(): boolean {
    return this.isAssociated && !this.#isReleased;
  }

  override associationReleaseRequested(): void {
    this.#isReleased = true;
    this.sendAssociationReleaseResponse();
    // It is for the peer to close the connection: one that does not holds no place for long.
    this.#socket.setTimeout(this.#options.associationTimeoutMs ?? RELEASED_FOR_MS);
  }

  override abort(source: number, reason: number): void {
    this.#cut('aborted', `source ${source}, reason ${reason}`);
  }

  override cEchoRequest(
    request: InstanceType<typeof dimse.requests.CEchoRequest>,
    answer: (response: InstanceType<typeof dimse.responses.CEchoResponse>) => void,
  ): void {
    const response = dimse.responses.CEchoResponse.fromRequest(request);
    response.setStatus(Status.Success);
    answer(response);
  }

  override nCreateRequest(
    request: InstanceType<typeof dimse.requests.NCreateRequest>,
    answer: (response: InstanceType<typeof dimse.responses.NCreateResponse>) => void,
  ): void {
    // A modality may leave the name of its step to us (PS3.7 10.1.5.1.4).
    const uid = request.getAffectedSopInstanceUid() || uidOfUuid(randomUUID());
    const isStep = request.getAffectedSopClassUid() === PERFORMED_PROCEDURE_STEP;
    void this.#step('create', isStep, uid, request.getDataset()).then((status) => {
      const response = dimse.responses.NCreateResponse.fromRequest(request);
      response.setAffectedSopInstanceUid(uid);
      response.setStatus(status);
      if (!this.#socket.destroyed) answer(response);
    });
  }

  override nSetRequest(
    request: InstanceType<typeof dimse.requests.NSetRequest>,
    answer: (response: InstanceType<typeof dimse.responses.NSetResponse>) => void,
  ): void {
    const isStep = request.getRequestedSopClassUid() === PERFORMED_PROCEDURE_STEP;
    const uid = request.getRequestedSopInstanceUid();
    void this.#step('set', isStep, uid, request.getDataset()).then((status) => {
      const response = dimse.responses.NSetResponse.fromRequest(request);
      response.setStatus(status);
      if (!this.#socket.destroyed) answer(response);
    });
  }

  override nActionRequest(
    request: InstanceType<typeof dimse.requests.NActionRequest>,
    answer: (response: InstanceType<typeof dimse.responses.NActionResponse>) => void,
  ): void {
    void this.#readCommitment(request).then(async (asked) => {
      const status = await this.#keep(asked);
      const response = dimse.responses.NActionResponse.fromRequest(request);
      response.setStatus(status);
      if (!this.#socket.destroyed) answer(response);
      if (typeof asked === 'object' && status === Status.Success)
        void this.#commit(asked, request.getDataset()?.getTransferSyntaxUid());
    });
  }

  async #store(message: StoreMessage): Promise<void> {
    const { maxObjectBytes, onObject } = this.#options;
    const from = { callingTitle: this.#callingTitle, callingAddress: this.#callingAddress };
    // Who sends on before it is answered, which nobody has agreed to, would fill the memory.
    if (++this.#unanswered > 1) this.#units.hold('unanswered');
    const bytes = message.object?.length ?? 0;
    this.#unansweredBytes += bytes;
    const answer = await answerStore(message, this.#association, {
      maxObjectBytes,
      onObject: async (object) => {
        const said = await onObject({ ...object, ...from });
        // Behind a failure something may still be at work on it.
        if (said.status === 'success') this.#units.giveBackObject(object.bytes);
        return said;
      },
    });
    if (--this.#unanswered <= 1) this.#units.release('unanswered');
    this.#unansweredBytes -= bytes;
    this.#tellRoom();
    if (answer) return void this.#units.write(answer);
    this.#cut('broken', `C-STORE in presentation context ${message.contextId}, which was not accepted`);
  }

  /** @returns the status to answer with */
  async #step(
    kind: ProcedureStep['kind'],
    isStep: boolean,
    uid: string,
    dataset: InstanceType<typeof dimse.Dataset> | undefined,
  ): Promise<number> {
    const bytes = this.#units.takeObject();
    const { onProcedureStep, onNotice } = this.#options;
    if (!onProcedureStep || !isStep) return Status.NoSuchSopClass;
    try {
      const { dataSet } = await readDicom(bytes ?? Buffer.alloc(0), {}, dataset?.getTransferSyntaxUid());
      const step = readStep(kind, uid, dataSet);
      return step ? STEP_STATUS[await onProcedureStep(step)] : Status.InvalidAttributeValue;
    } catch (error) {
      const { code, rawMessage: detail } = SulcusError.from(error);
      if (code.startsWith('IMAGE_')) return Status.InvalidAttributeValue;
      onNotice({ kind: 'step-failed', callingTitle: this.#callingTitle, detail });
      return Status.ProcessingFailure;
    }
  }

  /** A status where there is nothing to commit to. */
  async #readCommitment(
    request: InstanceType<typeof dimse.requests.NActionRequest>,
  ): Promise<CommitmentRequest | number> {
    const syntaxUid = request.getDataset()?.getTransferSyntaxUid();
    const bytes = this.#units.takeObject();
    if (!this.#options.onCommitment || request.getRequestedSopClassUid() !== STORAGE_COMMITMENT)
      return Status.NoSuchSopClass;
    if (request.getActionTypeId() !== 1) return Status.NoSuchActionType;
    if (!bytes || bytes.length === 0) return Status.MissingAttribute;
    try {
      const { dataSet } = await readDicom(bytes, {}, syntaxUid);
      return readCommitment(dataSet) ?? Status.InvalidArgumentValue;
    } catch {
      return Status.InvalidArgumentValue;
    }
  }

  /** What is asked is kept before its sender may believe that it is told. @returns the status to answer with */
  async #keep(asked: CommitmentRequest | number): Promise<number> {
    if (typeof asked === 'number') return asked;
    const { pendingReports, onNotice } = this.#options;
    const callingTitle = this.#callingTitle;
    try {
      await pendingReports?.keep({ callingTitle, request: asked });
      return Status.Success;
    } catch (error) {
      onNotice({ kind: 'not-reported', callingTitle, detail: SulcusError.from(error).rawMessage });
      return Status.ProcessingFailure;
    }
  }

  /** Tells the requester what is durable: on this association while it lasts, else on one to its address. */
  async #commit(request: CommitmentRequest, syntaxUid: string | undefined): Promise<void> {
    const { onCommitment, onNotice, pendingReports } = this.#options;
    const pending: PendingReport = { callingTitle: this.#callingTitle, request };
    try {
      const durable = await findDurable(onCommitment!, request, this.#stop);
      if (!(await this.#report(commitmentReport(request, durable, syntaxUid))))
        await callBack(pending, durable, this.#options, this.#stop);
    } catch (error) {
      // What is kept is told after the next start.
      if (this.#stop.aborted && pendingReports) return;
      const { callingTitle } = pending;
      onNotice({ kind: 'not-reported', callingTitle, detail: SulcusError.from(error).rawMessage });
    }
    await pendingReports?.settle(pending).catch(() => undefined);
  }

  /** @returns whether it was answered before the association ended */
  #report(report: InstanceType<typeof dimse.requests.NEventReportRequest>): Promise<boolean> {
    if (this.#socket.destroyed || this.#isReleased) return Promise.resolve(false);
    return new Promise((resolve) => {
      const end = (): void => resolve(false);
      this.#socket.once('close', end);
      report.on('response', () => {
        this.#socket.off('close', end);
        resolve(true);
      });
      this.sendRequests(report);
    });
  }
}
