import type { HttpAnswer } from '#libs/http';
import { nativeModel, type JsonAttribute, type JsonDataSet } from './native-model.js';

/** What became of one object. */
export interface StoredInstance {
  /** As the sender knows it; '' for one that could not be read. */
  sopClass: string;
  sopInstance: string;
  /** Undefined: stored, or known, or not wanted. */
  failure: number | undefined;
}

/** Reasons of failure (PS3.18 table I.2-2, the statuses of PS3.4 table B.2-1). */
export const FAILURE = {
  processing: 0x0110,
  outOfResources: 0xa700,
  doesNotMatch: 0xa900,
  cannotUnderstand: 0xc000,
} as const;

/** Media types of the answer (PS3.18 section 8.7.3.2), the one first that is told to who takes any. */
export const ANSWER_MEDIA = ['application/dicom+json', 'application/dicom+xml', 'application/json'] as const;

type AnswerMedia = (typeof ANSWER_MEDIA)[number];

const KEYWORDS = {
  '00081150': 'ReferencedSOPClassUID',
  '00081155': 'ReferencedSOPInstanceUID',
  '00081190': 'RetrieveURL',
  '00081197': 'FailureReason',
  '00081198': 'FailedSOPSequence',
  '00081199': 'ReferencedSOPSequence',
} as const;

const RETRIEVE_URL = { '00081190': { vr: 'UR' } } as const;

/**
 * The answer to a store request (PS3.18 table 10.5.3-1 and annex I): 200 when all is stored, 202 when some is, 409 when
 * nothing is, 503 when nothing is because there is no room. Nothing can be retrieved, so no URL is told.
 */
export function storeAnswer(instances: readonly StoredInstance[], contentType: AnswerMedia): HttpAnswer {
  const stored = instances.filter(({ failure }) => failure === undefined);
  const failed = instances.filter(({ failure }) => failure !== undefined);
  const isFull = failed.every(({ failure }) => failure === FAILURE.outOfResources);
  const status = failed.length === 0 ? 200 : stored.length > 0 ? 202 : isFull ? 503 : 409;
  const module: JsonDataSet = {
    ...RETRIEVE_URL,
    ...(failed.length > 0 && {
      '00081198': {
        vr: 'SQ',
        Value: failed.map((each) => ({ ...namesOf(each), '00081197': { vr: 'US', Value: [each.failure!] } })),
      },
    }),
    ...(stored.length > 0 && {
      '00081199': { vr: 'SQ', Value: stored.map((each) => ({ ...namesOf(each), ...RETRIEVE_URL })) },
    }),
  };
  const body = contentType === 'application/dicom+xml' ? nativeModel(module, KEYWORDS) : module;
  return { status, contentType, body };
}

const namesOf = ({ sopClass, sopInstance }: StoredInstance): JsonDataSet => ({
  '00081150': uid(sopClass),
  '00081155': uid(sopInstance),
});

const uid = (value: string): JsonAttribute => (value === '' ? { vr: 'UI' } : { vr: 'UI', Value: [value] });
