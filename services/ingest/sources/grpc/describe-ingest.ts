import type { Handlers } from '#libs/rpc';
import { packageVersion } from '#libs/service';
import { UPLOAD_WINDOW } from './upload-input.js';

/** Says what an edge wants to know before it trusts a link. */
export const describeIngest =
  ({ maxMessageBytes }: { maxMessageBytes: number }): NonNullable<Handlers<'Ingest'>['describe']> =>
  async (_request, { identity }) => ({
    version: packageVersion(),
    timeUnixMs: Date.now(),
    maxMessageBytes,
    uploadWindow: UPLOAD_WINDOW,
    caller: identity?.name ?? '',
    callerSite: identity?.site ?? '',
  });
