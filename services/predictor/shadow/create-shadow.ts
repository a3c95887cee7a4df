import type { Bus } from '#libs/bus';
import type { ImageWorkerPool } from '#libs/imaging';
import type { ModelCard, Registry } from '#libs/registry';
import type { Logger } from '#libs/telemetry';
import type { PredictorConfig } from '../config.js';
import { AliasManager } from '../servables/alias-manager.js';
import { loadServable } from '../servables/load-servable.js';
import type { Servable } from '../servables/servable.js';
import { ShadowEvents } from './events.js';
import { Shadow } from './shadow.js';

export interface ShadowDependencies {
  config: PredictorConfig;
  bus: Bus;
  registry: Registry;
  pool: ImageWorkerPool;
  /** Holds the version that the shadow is compared with. */
  live: Pick<AliasManager, 'serving'>;
  log: Logger;
  /** Unique per process. */
  instance: string;
}

/** The shadow as it is configured, if it is; its version is not loaded yet. */
export function createShadow({
  config,
  bus,
  registry,
  pool,
  live,
  log,
  instance,
}: ShadowDependencies): Shadow | undefined {
  const { shadowAlias: alias, shadowShare: share } = config;
  if (alias === undefined) return undefined;
  const load = (card: ModelCard, signal: AbortSignal): Promise<Servable> =>
    loadServable(card, { ...config, pool, lowPriority: true }, signal);
  const isRedundant = (version: string): boolean => version === live.serving?.card.version;
  const manager = new AliasManager({ alias, registry, load, isRedundant, log });
  return new Shadow({ manager, pool, events: new ShadowEvents(bus, instance, log), share });
}
