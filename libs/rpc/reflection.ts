import type { Server } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { healthPackageDefinition } from './health.js';
import type { ServiceContract } from './services.js';

/**
 * Server reflection, v1 and v1alpha: grpcurl, grpcui and load generators need no proto files. Shows what is served, and
 * no more.
 */
export function addReflection(server: Server, contracts: readonly ServiceContract[]): void {
  const shown = [...contracts.map((contract) => contract.fullName), 'grpc.health.v1.Health'];
  const definitions = [...new Set(contracts.map((contract) => contract.described)), healthPackageDefinition()];
  new ReflectionService(Object.assign({}, ...definitions) as PackageDefinition, { services: shown }).addToServer(
    server,
  );
}
