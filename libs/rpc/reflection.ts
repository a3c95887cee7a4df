import type { Server } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import descriptor from 'protobufjs/ext/descriptor/index.js';
import { healthPackageDefinition } from './health.js';
import type { ServiceContract } from './services.js';

/**
 * Server reflection, v1 and v1alpha: grpcurl, grpcui and load generators need no proto files. Shows what is served, and
 * no more.
 */
export function addReflection(server: Server, contracts: readonly ServiceContract[]): void {
  const shown = [...contracts.map((contract) => contract.fullName), 'grpc.health.v1.Health'];
  const definitions = [...new Set(contracts.map((contract) => contract.described())), healthPackageDefinition()];
  const named = withFileNames(Object.assign({}, ...definitions) as PackageDefinition);
  new ReflectionService(named, { services: shown }).addToServer(server);
}

/** What is renamed of a file's description. */
interface NamedFile {
  name?: string;
  dependency?: string[];
}

/** How a package's file is called where it is published; the loader joins all files of a package under its name. */
const FILE_NAMES: Readonly<Record<string, string>> = { 'inference.proto': 'grpc_service.proto' };

/** The same definitions, with the names of files that clients of the published protocol ask for. */
function withFileNames(definitions: PackageDefinition): PackageDefinition {
  const renamed = new Map<Buffer, Buffer>();
  const rename = (encoded: Buffer): Buffer => {
    const known = renamed.get(encoded);
    if (known) return known;
    const { FileDescriptorProto } = descriptor;
    const file = FileDescriptorProto.decode(encoded) as unknown as NamedFile;
    file.name = nameOf(file.name ?? '');
    file.dependency = (file.dependency ?? []).map(nameOf);
    const changed = Buffer.from(FileDescriptorProto.encode(file as never).finish());
    renamed.set(encoded, changed);
    return changed;
  };
  return Object.fromEntries(
    Object.entries(definitions).map(([name, definition]) => [
      name,
      'fileDescriptorProtos' in definition && Array.isArray(definition.fileDescriptorProtos)
        ? { ...definition, fileDescriptorProtos: definition.fileDescriptorProtos.map(rename) }
        : definition,
    ]),
  ) as PackageDefinition;
}

const nameOf = (file: string): string => FILE_NAMES[file] ?? file;
