import type { SampleArchive } from '#libs/archive';
import type { Bus } from '#libs/bus';
import type { Findings } from './findings.js';
import type { GivenLabels } from './labels.js';
import type { KnownSamples } from './known-samples.js';

/** What every part of an audit works with. */
export interface AuditContext {
  readonly bus: Bus;
  /** Undefined when nothing was ever archived. */
  readonly archive: SampleArchive | undefined;
  readonly samples: KnownSamples;
  readonly given: GivenLabels;
  readonly findings: Findings;
  /** Whether images and weights are read and compared with their hashes, which takes as long as reading them does. */
  readonly readsContents: boolean;
  readonly signal: AbortSignal;
}
