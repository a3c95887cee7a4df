/** A server of our services in a process of its own, which says what it holds and how long its event loop waited. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { collectGarbage } from '#libs/memory';
import { startServer } from '#libs/rpc';

/** What it says of itself. */
export interface Held {
  /** Resident, in bytes. */
  rss: number;
  /** Without what nobody uses any more, in bytes. */
  held: number;
  /** For how long its event loop waited at most. */
  waitedMs: number;
}

const ANSWER_BYTES = 256 * 1024;

const server = await startServer({
  address: '127.0.0.1:0',
  services: {
    Inference: {
      serverLive: async () => ({ live: true }),
      modelInfer: async () => ({ rawOutputContents: [Buffer.alloc(ANSWER_BYTES)] }),
    } as never,
  },
});
server.setServing('Inference', true);
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
process.on('message', () => {
  collectGarbage();
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send!({ rss, held: heapUsed + external, waitedMs: delay.max / 1e6 } satisfies Held);
  delay.reset();
});
process.send!({ address: server.address });
