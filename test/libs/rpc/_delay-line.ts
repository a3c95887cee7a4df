import net from 'node:net';
import type { TestContext } from 'node:test';

/**
 * A TCP proxy that delivers every chunk `delayMs` after it came, each way: a long line, not a slow one. (Stopping for
 * every chunk would cap the throughput by itself.)
 */
export async function startDelayLine(t: TestContext, targetPort: number, delayMs: number): Promise<string> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((near) => {
    const far = net.connect(targetPort, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on('data', (chunk) => setTimeout(() => to.writable && to.write(chunk), delayMs));
      from.on('end', () => setTimeout(() => to.end(), delayMs));
      from.on('error', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as net.AddressInfo).port}`;
}
