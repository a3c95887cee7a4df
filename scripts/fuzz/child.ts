/** A process that gives inputs to targets: jobs come as messages, answers go as such (protocol.ts). */
import type { Answer, Job } from './protocol.js';
import { Runner } from './runner.js';
import type { Target } from './target.js';

const [placeFile, module] = process.argv.slice(2) as [string, string];
const tell = (answer: Answer): void => void process.send!(answer);

const { TARGETS } = (await import(module)) as { TARGETS: readonly Target[] };
const runner = await Runner.start(TARGETS, placeFile, (finding) => tell({ finding }));
let working: Promise<void> = Promise.resolve();
process.on('message', (job: Job) => {
  working = working
    .then(async () => tell({ done: await runner.run(job) }))
    .catch((error: unknown) => tell({ failed: error instanceof Error ? error.stack! : String(error) }));
});
process.once('disconnect', () => {
  void working.then(() => runner[Symbol.asyncDispose]()).finally(() => process.exit());
});
