/** Entry of a model thread. Its priority comes first: the code it loads is a good part of its work. */
import path from 'node:path';
import { workerData } from 'node:worker_threads';
import { setThreadNiceness } from '#libs/threads';

/** What a model thread is started with. */
export interface ModelThreadData {
  /** Nice value until the version is ready to serve; undefined: as the process. Child processes take after it. */
  loadNiceness: number | undefined;
}

const { loadNiceness } = workerData as ModelThreadData;
if (loadNiceness !== undefined) setThreadNiceness(loadNiceness);
await import(`./thread${path.extname(import.meta.url)}`);
