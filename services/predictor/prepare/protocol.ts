import type { ErrorCode, ErrorDetails } from '#libs/errors';

/** What the predictor's main thread tells a prepare worker. */
export type ToWorker =
  /** A transform that later images name by its hash. */
  | { kind: 'transform'; hash: string; spec: unknown }
  /** One encoded image to decode and transform. */
  | { kind: 'image'; id: number; transformHash: string; image: Uint8Array }
  /** Finish and end. */
  | { kind: 'close' };

/** What a prepare worker answers. */
export type FromWorker =
  | { kind: 'ready' }
  /** Network input: `[height, width, channels]`, 0-255. */
  | { kind: 'prepared'; id: number; sampleId: string; pixels: Uint8Array; prepareMs: number }
  /** `sampleId` is absent when the failure has nothing to do with the image. */
  | { kind: 'failed'; id: number; sampleId?: string; code: ErrorCode; message: string; details: ErrorDetails };
