import { pause, retryWithBackoff, runTogether, untilAborted } from '#libs/async';
import { ArchiveIndex, type SampleArchive } from '#libs/archive';
import type { Bus } from '#libs/bus';
import { LabelBook } from '#libs/labels';
import type { Logger } from '#libs/telemetry';
import type { ArchiverConfig } from './config.js';
import { ArchiverEvents } from './events.js';
import { carryLabels } from './labels/carry-labels.js';
import { LabelTrimmer } from './labels/trim-labels.js';
import { eraseWithdrawn } from './sites/erase-withdrawn.js';
import { RoomMaker } from './scans/make-room.js';
import { UnderWay } from './scans/under-way.js';

export interface ArchiverContext {
  readonly bus: Bus;
  readonly archive: SampleArchive;
  readonly config: ArchiverConfig;
  readonly log: Logger;
  /** Unique per process. */
  readonly instance: string;
}

/** Pauses while the archive or the broker is away: whatever is wrong with it, it is tried again for ever. */
const BACKOFF = { firstDelayMs: 1000, maxDelayMs: 60_000 } as const;

/**
 * Makes room on SCANS and LABELS, and carries labels to the archive until the signal aborts; what is under way is
 * finished.
 */
export async function runArchiver(
  { bus, archive, config, log, instance }: ArchiverContext,
  signal: AbortSignal,
): Promise<void> {
  const index = new ArchiveIndex(bus);
  const events = new ArchiverEvents({ bus, index, instance, log }, archive.description, await index.state());
  const [labels, underWay] = [new LabelBook(), new UnderWay()];
  const room = new RoomMaker({ bus, archive, index, labels, underWay, events, config });
  const trimmer = new LabelTrimmer({ bus, index, labels, events, config });
  let caughtUp: () => void = () => undefined;
  const labelsKnown = new Promise<void>((resolve) => (caughtUp = resolve));
  events.start();
  try {
    await runTogether(
      {
        work: async (stop) => {
          await Promise.race([labelsKnown, untilAborted(stop)]);
          await keepRoom([room, trimmer], config.intervalMs, events, stop);
        },
        companions: [
          (stop) => bus.answerSites({ erase: (site, sequence) => eraseWithdrawn(bus, site, sequence), signal: stop }),
          (stop) => carryLabels({ bus, archive, index, labels, underWay, events }, caughtUp, stop),
        ],
      },
      signal,
    );
  } finally {
    await events.finish();
  }
}

async function keepRoom(
  keepers: readonly (RoomMaker | LabelTrimmer)[],
  intervalMs: number,
  events: ArchiverEvents,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    for (const keeper of keepers)
      await retryWithBackoff(() => keeper.look(signal), {
        ...BACKOFF,
        signal,
        shouldRetry: () => true,
        onRetry: (failure) => events.unavailable(failure),
      });
    events.available();
    await pause(intervalMs, signal);
  }
}
