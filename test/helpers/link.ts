import net from 'node:net';
import type { TestContext } from 'node:test';

/** A line between two machines, which can be cut, can lose everything, and takes its time. */
export interface Link {
  /** `127.0.0.1:<port>` of the near end; the same after a cut. */
  readonly address: string;
  /** Connections end and no new one is accepted. */
  cut(): Promise<void>;
  /** Connections stay and nothing gets through; new ones are accepted and say nothing, as behind a firewall. */
  swallow(): void;
  /** All is well again: connections that stood still go on, as TCP sends again. */
  heal(): Promise<void>;
  /** Bytes that went to the far end. */
  readonly sentBytes: number;
}

/**
 * @param oneWayMs every byte arrives so much later: a long line, not a slow one
 * @param bytesPerSecond what the line carries towards the far end. Default: anything
 */
export async function startLink(
  t: TestContext | undefined,
  targetPort: number,
  { oneWayMs = 0, bytesPerSecond = Infinity }: { oneWayMs?: number; bytesPerSecond?: number } = {},
): Promise<Link & { stop(): Promise<void> }> {
  const sockets = new Set<net.Socket>();
  const held: (() => void)[] = [];
  let isSwallowing = false;
  let sentBytes = 0;
  let lineFreeAtMs = 0;
  const pipe = (from: net.Socket, to: net.Socket, isForward: boolean): void => {
    sockets.add(from);
    from.setNoDelay(true);
    const deliver = (work: () => void): void => void (isSwallowing ? held.push(work) : work());
    const later = (sizeBytes: number, work: () => void): void => {
      if (oneWayMs === 0 && bytesPerSecond === Infinity) return deliver(work);
      const nowMs = performance.now();
      lineFreeAtMs = Math.max(lineFreeAtMs, nowMs) + (isForward ? (1000 * sizeBytes) / bytesPerSecond : 0);
      setTimeout(() => deliver(work), oneWayMs + (isForward ? lineFreeAtMs - nowMs : 0));
      // What is on a slow line is not read ahead of without end.
      if (isForward && lineFreeAtMs - nowMs > 200) {
        from.pause();
        setTimeout(() => from.resume(), lineFreeAtMs - nowMs - 100);
      }
    };
    from.on('data', (chunk: Buffer) =>
      later(chunk.length, () => {
        if (isForward) sentBytes += chunk.length;
        if (to.writable) to.write(chunk);
      }),
    );
    from.on('end', () => later(0, () => to.end()));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      later(0, () => to.destroy());
    });
  };
  let server: net.Server | undefined;
  let port = 0;
  const open = async (): Promise<void> => {
    server = net.createServer((near) => {
      const far = net.connect(targetPort, '127.0.0.1');
      pipe(near, far, true);
      pipe(far, near, false);
    });
    await new Promise<void>((resolve) => server!.listen(port, '127.0.0.1', resolve));
    ({ port } = server.address() as net.AddressInfo);
  };
  const cut = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
    server = undefined;
    held.length = 0;
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await open();
  t?.after(cut);
  return {
    get address() {
      return `127.0.0.1:${port}`;
    },
    get sentBytes() {
      return sentBytes;
    },
    cut,
    swallow: () => void (isSwallowing = true),
    heal: async () => {
      isSwallowing = false;
      for (const work of held.splice(0)) work();
      if (!server) await open();
    },
    stop: cut,
  };
}
