import { headers as createHeaders, type MsgHdrs } from '@nats-io/nats-core';

/** Header names of every message. They are case-sensitive; W3C names are lower-case. */
export const HeaderName = {
  TRACEPARENT: 'traceparent',
  TRACESTATE: 'tracestate',
  /** Full name of the message's schema, for example `sulcus.v1.Scan`. */
  SCHEMA: 'Sulcus-Schema',
  /** SHA-256 of the message's bytes, lower-case hexadecimal. */
  CONTENT_HASH: 'Sulcus-Content-Hash',
  /** Unique per publish call: tells one's own retry from somebody else's equal message. */
  PUBLISH_ID: 'Sulcus-Publish-Id',
  /** The broker's own header for deduplication. */
  MESSAGE_ID: 'Nats-Msg-Id',
  // Facts about a scan that followers need without its pixels.
  SAMPLE_ID: 'Sulcus-Sample-Id',
  SPLIT: 'Sulcus-Split',
  /** Class name, percent-encoded. */
  LABEL: 'Sulcus-Label',
  STUDY_ID: 'Sulcus-Study-Id',
  /** Pseudonym. */
  PATIENT_ID: 'Sulcus-Patient-Id',
  /** Where the scan lay on SCANS before it left for the archive and came back: sequences, joined by commas. */
  EARLIER_SEQUENCES: 'Sulcus-Earlier-Sequences',
  /** What the picture looks like, base64; see `perceptualHash` of libs/imaging. */
  PERCEPTUAL_HASH: 'Sulcus-Perceptual-Hash',
  /** What a DICOM header says, as codes: `name=value` joined by semicolons. */
  DICOM: 'Sulcus-Dicom',
  /** `true` when the scan left for the archive without a label and comes back with one. */
  LATE_LABEL: 'Sulcus-Late-Label',
} as const;

/** Headers of a received message. */
export interface Headers {
  /** The header's value, or undefined when the message has none. */
  get(name: string): string | undefined;
  keys(): readonly string[];
}

/** The client's headers, of each the first value: its own `has` and `get` go through all names at each call. */
export function readHeaders(source: MsgHdrs | undefined): Headers {
  const values = new Map<string, string>();
  for (const [name, [first]] of source ?? []) if (first !== undefined) values.set(name, first);
  return {
    get: (name) => values.get(name),
    keys: () => [...values.keys()],
  };
}

/** Headers for the client, from plain values; undefined values are left out. */
export function writeHeaders(values: Readonly<Record<string, string | undefined>>): MsgHdrs {
  const target = createHeaders();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) target.set(name, value);
  return target;
}
