import { once } from 'node:events';
import { connect } from 'node:net';

/** Publishes bytes to a subject as any client may, with nothing that our own bus adds or checks. */
export async function publishRaw(server: string, subject: string, payload: Uint8Array): Promise<void> {
  const { hostname, port } = new URL(server);
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, 'data', { signal: AbortSignal.timeout(5000) });
    const options = JSON.stringify({ verbose: false, pedantic: false, name: 'foreigner' });
    const head = `CONNECT ${options}\r\nPUB ${subject} ${payload.length}\r\n`;
    socket.write(Buffer.concat([Buffer.from(head), payload, Buffer.from('\r\nPING\r\n')]));
    await once(socket, 'data', { signal: AbortSignal.timeout(5000) });
  } finally {
    socket.destroy();
  }
}
