import path from 'node:path';
import { readServerSecurity, serverSecurityEnvironment, type ServerSecurity } from '#libs/access';
import { busEnvironment } from '#libs/bus';
import {
  bytes,
  choice,
  duration,
  existingPath,
  flag,
  integer,
  list,
  optional,
  parseEnvironment,
  Secret,
  secret,
  site,
  text,
  type Parsed,
  type Variable,
} from '#libs/config';
import { isTitle, parseCaller, parsePeer, type Caller, type Peer } from '#libs/dimse';
import { SulcusError } from '#libs/errors';
import { DEFAULT_MAX_BYTES, DEFAULT_MAX_PIXELS } from '#libs/imaging';
import { DEFAULT_MAX_MESSAGE_BYTES } from '#libs/rpc';
import { packageRoot } from '#libs/service';
import { SPLITS, type SplitShares } from './pipeline/splits.js';

/** Key of the split when none is given: everybody who starts from the same files gets the same split. */
export const DEFAULT_SPLIT_KEY = 'sulcus-split-v1';

/**
 * Promotion wants a hundred gate samples or more: the gate's share is what a thousand images need for that. Training
 * keeps the part of the hash range that it always had, so that no patient it has learned from is on another side.
 */
const DEFAULT_SHARES: SplitShares = { SPLIT_TRAIN: 70, SPLIT_VALIDATION: 8, SPLIT_GATE: 12, SPLIT_TEST: 10 };

/** Shorter keys can be found by trying. */
const MIN_KEY_CHARS = 16;

/** What decides what is taken in and what leaves the site, whatever the door and wherever samples go. */
export const intakeEnvironment = {
  site: [
    'SULCUS_SITE',
    site({ default: 'local', description: 'name of the imaging site, part of every subject and pseudonym' }),
  ],
  readsOutside: [
    'SULCUS_READ_OUTSIDE',
    flag({
      default: false,
      description: 'read files too that a manifest or a link names outside the folder that is imported or watched',
    }),
  ],
  sendsNames: [
    'SULCUS_SEND_NAMES',
    flag({
      default: false,
      description:
        'names of files, folders and uploads leave the site as they are; otherwise a pseudonym stands for each, for ' +
        'they may name patients',
    }),
  ],
  splitKey: [
    'SULCUS_SPLIT_KEY',
    secret({
      default: new Secret(DEFAULT_SPLIT_KEY),
      description: 'key of the hash that decides the split (the default is public: splits are reproducible)',
    }),
  ],
  pseudonymKey: [
    'SULCUS_PSEUDONYM_KEY',
    optional(
      longSecret(
        'key of the patient and study pseudonyms, at least 16 characters ' +
          '(default: made once and kept in SULCUS_DATA_DIR/keys)',
      ),
    ),
  ],
  dataDir: [
    'SULCUS_DATA_DIR',
    text({
      // Wherever the command is run from: another folder would mean another key.
      default: path.join(packageRoot(), '.sulcus', 'run'),
      defaultText: '.sulcus/run of the package',
      description: 'folder for what this service must remember',
    }),
  ],
  splitShares: [
    'SULCUS_SPLIT_SHARES',
    shares({
      default: DEFAULT_SHARES,
      description: 'shares of train/validation/gate/test; three numbers are train/validation/test without a gate split',
    }),
  ],
  splitBy: [
    'SULCUS_SPLIT_BY',
    choice(['patient', 'image'], {
      default: 'patient',
      description:
        'what stays in one split: all images of a patient (of a study where nobody says whose), or each image by ' +
        'itself, as published notebooks split: figures are then too good, for they are of patients learned from',
    }),
  ],
  maxPixels: [
    'SULCUS_MAX_PIXELS',
    integer({ default: DEFAULT_MAX_PIXELS, min: 1, description: 'largest image, width times height' }),
  ],
  maxFileBytes: ['SULCUS_MAX_FILE_BYTES', bytes({ default: DEFAULT_MAX_BYTES, description: 'largest image file' })],
  acceptMislabelled: [
    'SULCUS_ACCEPT_MISLABELLED',
    flag({
      default: false,
      description: 'take images whose file name ends as another format, such as a PNG called .jpg',
    }),
  ],
  dicomModalities: [
    'SULCUS_DICOM_MODALITIES',
    list({
      default: ['MR', 'CT'],
      description: 'modalities of DICOM objects that are taken in; others are counted and left',
    }),
  ],
  dicomFolderLabels: [
    'SULCUS_DICOM_FOLDER_LABELS',
    flag({
      default: false,
      description: 'folders of DICOM files are named after classes: they may be names of patients, which would leave',
    }),
  ],
  niftiPlane: [
    'SULCUS_NIFTI_PLANE',
    choice(['axial', 'coronal', 'sagittal'], {
      default: 'axial',
      description: 'plane in which NIfTI volumes become slices',
    }),
  ],
  quarantineBytes: [
    'SULCUS_QUARANTINE_BYTES',
    bytes({
      default: 2 ** 30,
      description: 'room for DICOM objects that must not leave the site, in SULCUS_DATA_DIR/quarantine',
    }),
  ],
  retryTimeoutMs: [
    'SULCUS_INGEST_RETRY_TIMEOUT',
    duration({
      default: 10 * 60_000,
      description: 'how long a sender is made to wait while the pipeline is full or the broker away',
    }),
  ],
} as const;

/** Environment that the server and one-shot imports share. */
export const importEnvironment = {
  ...busEnvironment,
  ...serverSecurityEnvironment,
  ...intakeEnvironment,
} as const;

/** The doors of a site that stay open. */
export const sourcesEnvironment = {
  address: [
    'SULCUS_INGEST_ADDRESS',
    text({ default: '127.0.0.1:7001', description: 'host:port the gRPC server listens on' }),
  ],
  watchDir: ['SULCUS_WATCH_DIR', optional(text({ description: 'folder that is watched for images (default: none)' }))],
  dicomAddress: [
    'SULCUS_DICOM_ADDRESS',
    optional(listenAddress('host:port to receive DICOM on, such as 0.0.0.0:11112 (default: none is received)')),
  ],
  dicomTitle: [
    'SULCUS_DICOM_TITLE',
    title({ default: 'SULCUS', description: 'application entity title that senders call, at most 16 characters' }),
  ],
  dicomCallers: [
    'SULCUS_DICOM_CALLERS',
    callers(
      'who may send DICOM: AE titles, each alone, with its address, or with a name or the fingerprint of its ' +
        'certificate, such as MR1@10.0.0.7,CT2,MR3=mr3.example.org,MR4=sha256:12AB…; * is any title',
    ),
  ],
  dicomPeers: [
    'SULCUS_DICOM_PEERS',
    peers('where application entities listen that are called back or sent results, such as PACS@10.0.0.5:104'),
  ],
  dicomTlsCertificate: [
    'SULCUS_DICOM_TLS_CERTIFICATE',
    optional(existingPath({ description: 'PEM file of the certificate for DICOM over TLS (default: not encrypted)' })),
  ],
  dicomTlsKey: ['SULCUS_DICOM_TLS_KEY', optional(existingPath({ description: 'PEM file of its private key' }))],
  dicomTlsClientAuthorities: [
    'SULCUS_DICOM_TLS_CLIENT_CA',
    optional(existingPath({ description: 'PEM file of the authorities of senders: each must show a certificate' })),
  ],
  dicomTlsClients: [
    'SULCUS_DICOM_TLS_CLIENTS',
    choice(['required', 'optional'], {
      default: 'required',
      description: 'whether a sender must show a certificate, or may; with SULCUS_DICOM_TLS_CLIENT_CA',
    }),
  ],
  dicomMaxAssociations: [
    'SULCUS_DICOM_MAX_ASSOCIATIONS',
    integer({ default: 16, min: 1, max: 1000, description: 'DICOM associations that are open at the same time' }),
  ],
  dicomWaitMs: [
    'SULCUS_DICOM_WAIT',
    duration({
      default: 30_000,
      description: 'how long a C-STORE waits for a full pipeline before it is answered with 0xA700 (out of resources)',
    }),
  ],
  dicomIdleMs: [
    'SULCUS_DICOM_IDLE',
    duration({ default: 5 * 60_000, description: 'a DICOM association in which nothing comes for this long is ended' }),
  ],
  httpAddress: [
    'SULCUS_HTTP_ADDRESS',
    optional(
      text({ description: 'host:port for DICOMweb (STOW-RS) and reports over HTTP (default: none is received)' }),
    ),
  ],
  labelCodes: [
    'SULCUS_LABEL_CODES',
    optional(
      text({
        description:
          'JSON file of the codes that reports (FHIR DiagnosticReport) say classes with: ' +
          '[{"system": "…", "code": "…", "label": "glioma"}] (default: reports give no labels)',
      }),
    ),
  ],
  pullRules: [
    'SULCUS_PULL_RULES',
    optional(
      text({ description: 'JSON file of what to fetch from archives, and when (docs/dicom.md; default: nothing)' }),
    ),
  ],
  maxMessageBytes: [
    'SULCUS_MAX_MESSAGE_BYTES',
    bytes({ default: DEFAULT_MAX_MESSAGE_BYTES, description: 'largest gRPC message' }),
  ],
} as const;

/** Environment of the server. */
export const environment = { ...importEnvironment, ...sourcesEnvironment } as const;

export type IntakeConfig = Parsed<typeof intakeEnvironment>;
export type ImportConfig = Parsed<typeof importEnvironment>;
export type SourcesConfig = IntakeConfig & Parsed<typeof sourcesEnvironment> & { readonly security: ServerSecurity };
export type IngestConfig = Parsed<typeof environment> & { readonly security: ServerSecurity };

/** @throws INVALID_CONFIG naming every mistake at once */
export const readImportConfig = (env: NodeJS.ProcessEnv = process.env): ImportConfig =>
  parseEnvironment(importEnvironment, env);

/** @throws INVALID_CONFIG naming every mistake at once */
export const readConfig = (env: NodeJS.ProcessEnv = process.env): IngestConfig => ({
  ...parseEnvironment(environment, env),
  security: readServerSecurity(env),
});

function longSecret(description: string): Variable<Secret> {
  const kind = secret({ description });
  return {
    ...kind,
    parse: (value) => {
      if (value.length < MIN_KEY_CHARS) throw new Error(`expected at least ${MIN_KEY_CHARS} characters`);
      return kind.parse(value);
    },
  };
}

/** `host:port`. */
function listenAddress(description: string): Variable<{ host: string; port: number }> {
  return {
    description,
    required: true,
    parse: (value) => {
      const [, host, port] = /^(.+):(\d{1,5})$/.exec(value) ?? [];
      if (host === undefined || Number(port) > 65_535) throw new Error('expected host:port');
      return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
    },
  };
}

function title(options: { default: string; description: string }): Variable<string> {
  return {
    ...options,
    required: false,
    parse: (value) => {
      if (!isTitle(value)) throw new Error('expected an AE title of 1 to 16 characters');
      return value;
    },
  };
}

function callers(description: string): Variable<readonly Caller[]> {
  return listOf(parseCaller, description);
}

function peers(description: string): Variable<readonly Peer[]> {
  return listOf(parsePeer, description);
}

function listOf<T>(parse: (word: string) => T, description: string): Variable<readonly T[]> {
  const words = list({ default: [], description });
  return {
    description,
    default: [],
    defaultText: 'none',
    required: false,
    parse: (value) =>
      words.parse(value).map((word) => {
        try {
          return parse(word);
        } catch (error) {
          throw new Error(SulcusError.from(error).rawMessage, { cause: error });
        }
      }),
  };
}

/** `train/validation/gate/test` or `train/validation/test`, non-negative numbers of which train is positive. */
function shares(options: { default: SplitShares; description: string }): Variable<SplitShares> {
  return {
    ...options,
    required: false,
    format: (value) => SPLITS.map((split) => value[split]).join('/'),
    parse: (value) => {
      const parts = value.split('/').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
      const [train, validation, gate, test] = parts.length === 3 ? parts.toSpliced(2, 0, 0) : parts;
      if (![3, 4].includes(parts.length) || parts.some((part) => !Number.isFinite(part) || part < 0) || !train) {
        throw new Error('expected four numbers such as 70/8/12/10, or three such as 70/15/15; the first above 0');
      }
      return { SPLIT_TRAIN: train, SPLIT_VALIDATION: validation!, SPLIT_GATE: gate!, SPLIT_TEST: test! };
    },
  };
}
