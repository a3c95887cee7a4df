import type { ImageWorkerPool } from '#libs/imaging';
import { isMeasuredAsServed, measuredOtherwise, type ModelCard, type Registry } from '#libs/registry';
import type { Logger } from '#libs/telemetry';
import type { PredictorConfig } from '../config.js';
import { AliasManager } from './alias-manager.js';
import { loadServable } from './load-servable.js';
import { ModelResolver } from './model-resolver.js';
import type { Servable } from './servable.js';
import { VersionCache } from './version-cache.js';

export interface ModelsDependencies {
  config: PredictorConfig;
  registry: Registry;
  pool: ImageWorkerPool;
  log: Logger;
  /** Told of every run of a network. */
  onBatch: (version: string, batchSize: number, runMs: number) => void;
}

/** The versions that answer callers. */
export interface Models {
  /** The one that the alias names. */
  live: AliasManager;
  /** Others that requests name. */
  versions: VersionCache;
  /** Finds either. */
  resolver: ModelResolver;
}

/** The versions of one predictor as it is configured; none is loaded yet. */
export function createModels({ config, registry, pool, log, onBatch }: ModelsDependencies): Models {
  const load = (card: ModelCard, signal: AbortSignal): Promise<Servable> => {
    if (!isMeasuredAsServed(card)) log.warn({ version: card.version }, `${card.version}: ${measuredOtherwise(card)}`);
    return loadServable(card, { ...config, pool, onBatch, besideLive: live.serving !== undefined }, signal);
  };
  const { alias, modelName, maxLoadedVersions: maxVersions, versionIdleMs: idleMs } = config;
  const live: AliasManager = new AliasManager({ alias, registry, load, log });
  const versions = new VersionCache({ load, maxVersions, idleMs, log });
  return { live, versions, resolver: new ModelResolver({ live, registry, versions, alias, modelName }) };
}
