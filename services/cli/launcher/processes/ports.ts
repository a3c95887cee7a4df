import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { SulcusError } from '#libs/errors';

/** A port of the loopback interface and whether the user asked for it. */
export interface WantedPort {
  port: number;
  /** True: take this one or fail. False: any free one will do when it is taken. */
  explicit: boolean;
  /** What it is for, in messages. */
  purpose: string;
  /** Option that names another one. */
  option: string;
}

/**
 * Chooses a port that is free now and that no other launcher of this machine has chosen, whose services are still to
 * listen on it.
 *
 * @throws PORT_IN_USE when an explicitly wanted port is taken
 */
export async function choosePort({ port, explicit, purpose, option }: WantedPort): Promise<number> {
  try {
    const free = await freePort(port);
    // Of port 0 the system gives another to each.
    if (port !== 0) await reserve(port);
    return free;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    if (explicit)
      throw new SulcusError(
        'PORT_IN_USE',
        `Port ${port} for ${purpose} is taken by another process: choose another with ${option}`,
        { cause },
      );
    return freePort(0);
  }
}

async function freePort(port: number): Promise<number> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: free } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return free;
}

/**
 * Holds the port's name among launchers until this process ends: an abstract socket, which only Linux has and which no
 * crash leaves behind. Rejects with EADDRINUSE when another holds it.
 */
async function reserve(port: number): Promise<void> {
  if (process.platform !== 'linux') return;
  const holder = createServer().listen(`\0sulcus-port-${port}`).unref();
  await once(holder, 'listening');
}
