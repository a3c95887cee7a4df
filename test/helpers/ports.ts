import { createServer } from 'node:net';

/** Below what the system gives away to connections of its own: nobody takes it between two starts. */
const [FIRST, LAST] = [20_000, 32_000];

/** A TCP port on loopback that nobody listens on, for what is told of it before it listens. */
export async function lastingPort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    await new Promise((resolve) => server.close(resolve));
    if (isFree) return port;
  }
}
