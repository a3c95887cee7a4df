import type { Bus, StreamName, StreamStats } from '#libs/bus';

const INTERVAL_MS = 1000;

/** How full the streams are, as seen last. */
export interface PolledStreams extends Disposable {
  latest: Record<StreamName, StreamStats> | undefined;
}

/** Looks at all streams every second until it is disposed of; while the broker is away the last look stays. */
export function pollStreams(bus: Bus): PolledStreams {
  const polled: PolledStreams = { latest: undefined, [Symbol.dispose]: () => clearInterval(timer) };
  const look = (): Promise<void> =>
    bus.stats().then(
      (stats) => void (polled.latest = stats),
      () => undefined,
    );
  const timer = setInterval(() => void look(), INTERVAL_MS);
  return polled;
}
