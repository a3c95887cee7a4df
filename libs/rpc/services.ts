import type { PackageDefinition, ServiceDefinition } from '@grpc/proto-loader';
import {
  describedDefinition,
  packageDefinition,
  type GRPCInferenceServiceClient,
  type GRPCInferenceServiceHandlers,
  type IngestClient,
  type IngestHandlers,
  type PredictorClient,
  type PredictorHandlers,
} from '#libs/contracts';
import type { ServiceHandlers, ServiceMethods, UntypedHandlers } from './handler-types.js';

/** A service of a package definition, with the types of its handlers and of its client. */
export interface ServiceContract<Handlers = UntypedHandlers, Methods = unknown> {
  /** For example `sulcus.v1.Ingest`: the name that health checks, reflection and traces use. */
  readonly fullName: string;
  readonly definition: ServiceDefinition;
  /** Messages of the same package definition, fields named as `definition` names them. */
  readonly messages: PackageDefinition;
  /** All messages and services that reflection may show together with this one, fields named as in the proto files. */
  readonly described: () => PackageDefinition;
  /** Carries the types; never set. */
  readonly types?: { handlers: Handlers; methods: Methods };
}

/** A service together with what answers its calls. */
export interface ServiceImplementation {
  readonly contract: ServiceContract;
  readonly handlers: UntypedHandlers;
}

/**
 * Names a service of any package definition, which is made when the service is served or called.
 *
 * @param described the same definition loaded with `keepCase`, where `from` is loaded without
 */
export function serviceContract<Handlers = UntypedHandlers, Methods = unknown>(
  fullName: string,
  from: () => PackageDefinition = packageDefinition,
  described: () => PackageDefinition = from === packageDefinition ? describedDefinition : from,
): ServiceContract<Handlers, Methods> {
  return {
    fullName,
    get definition() {
      return serviceIn(from(), fullName);
    },
    get messages() {
      return from();
    },
    described,
  };
}

function serviceIn(definitions: PackageDefinition, fullName: string): ServiceDefinition {
  const definition = definitions[fullName];
  if (!definition || 'format' in definition) throw new Error(`The package definition has no service ${fullName}`);
  return definition;
}

/** Joins a contract of any package definition with its handlers, for `startServer({ implementations })`. */
export function implement<Handlers>(
  contract: ServiceContract<Handlers, unknown>,
  handlers: Handlers,
): ServiceImplementation {
  return { contract: contract as ServiceContract, handlers: handlers as UntypedHandlers };
}

/** Our services by their short names. A new service is one line here. */
export const contracts = {
  Ingest: serviceContract<ServiceHandlers<IngestHandlers>, ServiceMethods<IngestClient, IngestHandlers>>(
    'sulcus.v1.Ingest',
  ),
  Predictor: serviceContract<ServiceHandlers<PredictorHandlers>, ServiceMethods<PredictorClient, PredictorHandlers>>(
    'sulcus.v1.Predictor',
  ),
  Inference: serviceContract<
    ServiceHandlers<GRPCInferenceServiceHandlers>,
    ServiceMethods<GRPCInferenceServiceClient, GRPCInferenceServiceHandlers>
  >('inference.GRPCInferenceService'),
};

export type ServiceName = keyof typeof contracts;

type TypesOf<C> =
  C extends ServiceContract<infer Handlers, infer Methods> ? { handlers: Handlers; methods: Methods } : never;

/**
 * Handlers of one of our services: async functions and async generators, named as in the proto with a lower-case first
 * letter.
 */
export type Handlers<Name extends ServiceName> = TypesOf<(typeof contracts)[Name]>['handlers'];

/** Methods of one of our services, as a client calls them. */
export type Methods<Name extends ServiceName> = TypesOf<(typeof contracts)[Name]>['methods'];
