import type { Server } from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { HealthImplementation, protoPath, type ServingStatus } from 'grpc-health-check';

/** Name that stands for the server as a whole (https://github.com/grpc/grpc/blob/master/doc/health-checking.md). */
const OVERALL = '';

/** grpc.health.v1: status of each service, and of the server as a whole: SERVING when all of them are. */
export class Health {
  /** What was said of each service, which holds while nothing holds all of them up. */
  readonly #said = new Map<string, ServingStatus>();
  readonly #status = new Map<string, ServingStatus>();
  readonly #implementation: HealthImplementation;
  #isHeldUp = false;

  /** Every service starts as NOT_SERVING until it is said to serve. */
  constructor(serviceNames: readonly string[]) {
    for (const name of serviceNames) {
      this.#said.set(name, 'NOT_SERVING');
      this.#status.set(name, 'NOT_SERVING');
    }
    this.#implementation = new HealthImplementation({
      [OVERALL]: this.#overall(),
      ...Object.fromEntries(this.#status),
    });
  }

  addTo(server: Server): void {
    this.#implementation.addToServer(server);
  }

  setServing(serviceName: string, serving: boolean): void {
    this.#said.set(serviceName, serving ? 'SERVING' : 'NOT_SERVING');
    this.#show();
  }

  setAllNotServing(): void {
    for (const name of this.#said.keys()) this.setServing(name, false);
  }

  /** While it is held up no service says SERVING, whatever was said of it. */
  setHeldUp(isHeldUp: boolean): void {
    this.#isHeldUp = isHeldUp;
    this.#show();
  }

  #show(): void {
    for (const [name, status] of this.#said) this.#set(name, this.#isHeldUp ? 'NOT_SERVING' : status);
  }

  #set(serviceName: string, status: ServingStatus): void {
    const before = this.#overall();
    if (this.#status.get(serviceName) === status) return;
    this.#status.set(serviceName, status);
    this.#implementation.setStatus(serviceName, status);
    const after = this.#overall();
    if (after !== before) this.#implementation.setStatus(OVERALL, after);
  }

  #overall(): ServingStatus {
    return [...this.#status.values()].every((status) => status === 'SERVING') ? 'SERVING' : 'NOT_SERVING';
  }
}

/** The health service's own definitions, for reflection. */
export function healthPackageDefinition(): PackageDefinition {
  return loadSync(protoPath, { enums: String, longs: String, defaults: true, oneofs: true });
}
