import type { Caller } from './callers.js';
import type { CommitmentRequest, PendingReports } from './commitment.js';
import type { Peer } from './peers.js';
import type { ProcedureStep, StepAnswer } from './procedure-step.js';
import type { DimseTls } from './tls.js';

/** An object as it came in a C-STORE, and what the request says of it. */
export interface ReceivedObject {
  /**
   * The data set in its transfer syntax, without file meta information. Once success was answered the next object of
   * its association is written over it.
   */
  bytes: Buffer;
  syntaxUid: string;
  /** Affected SOP class and instance of the request; '' where it names none. They may not be those of the data set. */
  sopClassUid: string;
  sopInstanceUid: string;
}

/** The same, with who sends it. */
export interface StoredObject extends ReceivedObject {
  callingTitle: string;
  callingAddress: string;
}

/**
 * What the sender is told (PS3.4 annex B.2.3): success, out of resources, that the data set is not what the request
 * names, or another failure, with its text.
 */
export type StoreAnswer = { status: 'success' } | { status: 'full' | 'mismatch' | 'failed'; comment: string };

/** Something that happened, for the log. No attribute of an object is among it. */
export type ScpNotice =
  | { kind: 'refused-caller' | 'too-many'; callingTitle: string; calledTitle: string; callingAddress: string }
  | { kind: 'aborted' | 'long-pdu' | 'broken' | 'no-tls' | 'no-association'; callingAddress: string; detail: string }
  | { kind: 'not-reported' | 'step-failed'; callingTitle: string; detail: string }
  | { kind: 'renewed' }
  | { kind: 'not-renewed'; code: string; detail: string };

export interface StoreScpOptions {
  host: string;
  /** 0: any free one. */
  port: number;
  /** Our application entity title: who calls another one is refused. */
  title: string;
  callers: readonly Caller[];
  /** Undefined: connections are not encrypted. */
  tls?: DimseTls | undefined;
  maxAssociations: number;
  maxObjectBytes: number;
  /**
   * Of objects that come or are at work, over all associations; beyond it those with more than 1 MiB wait. Default: as
   * in docs/limits.md.
   */
  objectsBytes?: number | undefined;
  /** A message that takes longer has to come at a rate. Default: 30 s. */
  rateAfterMs?: number | undefined;
  /** An association in which nothing comes for this long is ended. */
  idleTimeoutMs: number;
  /**
   * A connection without an association, before one or behind it, is ended after so long (ARTIM timer, PS3.8 section
   * 9.1.5). Default: 30 s.
   */
  associationTimeoutMs?: number;
  /** Answers when the object is where it must not get lost. */
  onObject: (object: StoredObject) => Promise<StoreAnswer>;
  onNotice: (notice: ScpNotice) => void;
  /**
   * Says which of the objects are on durable storage: their classes by SOP instance UID. Absent: storage commitment is
   * not offered.
   */
  onCommitment?: ((request: CommitmentRequest) => Promise<ReadonlyMap<string, string>>) | undefined;
  /** Where requests for storage commitment wait until their senders were told. Absent: a restart forgets them. */
  pendingReports?: PendingReports | undefined;
  /** Takes in what a modality says of a step that it performs. Absent: MPPS is not offered. */
  onProcedureStep?: ((step: ProcedureStep) => Promise<StepAnswer>) | undefined;
  /** Who is called back, by title: with what could not be said on the association on which it was asked. */
  peers?: readonly Peer[] | undefined;
}
