import { fromJSON, loadSync, type Options, type PackageDefinition } from '@grpc/proto-loader';
import { existsSync } from 'node:fs';
import path from 'node:path';
import protobuf, { type INamespace, type Root } from 'protobufjs';
import { DESCRIPTORS } from './generated/descriptors.js';
import { memoize } from './memoize.js';

/** The nearest `proto/` above this module: the same files serve sources and compiled code. */
function findProtoFolder(): string {
  for (let folder = import.meta.dirname; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'proto');
    if (existsSync(path.join(candidate, 'sulcus/v1'))) return candidate;
    if (folder === path.dirname(folder)) throw new Error(`No proto/ folder above ${import.meta.dirname}`);
  }
}

/** Folder that import paths in the proto files are relative to. */
export const PROTO_FOLDER = findProtoFolder();

/**
 * Every contract, relative to {@link PROTO_FOLDER}: our own, and the published protocol that other inference clients
 * speak.
 */
export const PROTO_FILES = [
  ...[
    ...['common', 'scan', 'batch', 'model', 'event', 'ingest', 'predictor', 'record', 'study'],
    ...['archive', 'retention', 'decision', 'lineage'],
  ].map((name) => `sulcus/v1/${name}.proto`),
  ...['model_config', 'grpc_service'].map((name) => `inference/v2/${name}.proto`),
];

/** Must match the flags of scripts/generate-types.mjs, or types and values disagree. */
export const PROTO_LOADER_OPTIONS: Options = {
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
  includeDirs: [PROTO_FOLDER],
};

/** All messages by full name, fields named in camel case. Made at the first call. */
export const messages = memoize((): Root => protobuf.Root.fromJSON(DESCRIPTORS as INamespace).resolveAll() as Root);

/**
 * All messages and services by full name, as `@grpc/grpc-js` takes them: fields are named in camel case. Made at the
 * first call, as many processes neither serve nor call.
 */
export const packageDefinition = memoize(
  (): PackageDefinition => fromJSON(DESCRIPTORS as INamespace, PROTO_LOADER_OPTIONS),
);

/**
 * The same with fields named as in the proto files, as the reflection service must tell them to others. Loaded at the
 * first call, as most processes serve nobody.
 */
export const describedDefinition = memoize(
  (): PackageDefinition => loadSync(PROTO_FILES, { ...PROTO_LOADER_OPTIONS, keepCase: true }),
);
