import type { PreparedImage } from '#libs/imaging';

/** A sample with everything done that needs no random numbers, and where it came from. */
export interface PreparedSample {
  readonly prepared: PreparedImage;
  /** Trace context of the span that published the scan, for the batch to link; undefined when it was not traced. */
  readonly traceparent: string | undefined;
}

/** A sample that cannot be prepared, now or later. */
export interface LostSample {
  /** Stable error code (see libs/errors). */
  readonly code: string;
}
