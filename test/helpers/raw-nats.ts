import { connect, type Socket } from 'node:net';

/**
 * A publisher that sends headers as the bytes that they are, which clients would check (NATS protocol, HPUB).
 * https://docs.nats.io/reference/reference-protocols/nats-protocol
 */
export class RawNats implements Disposable {
  readonly #url: URL;
  #socket: Socket | undefined;
  #answered: (() => void) | undefined;
  #received = '';

  constructor(url: string) {
    this.#url = new URL(url);
  }

  /** Resolves when the broker has taken it, or has refused it, which ends the connection. */
  async publish(subject: string, headers: Buffer, body: Buffer): Promise<void> {
    const socket = (this.#socket ??= this.#connected());
    const answered = new Promise<void>((resolve) => (this.#answered = resolve));
    socket.write(`HPUB ${subject} ${headers.length} ${headers.length + body.length}\r\n`);
    socket.write(Buffer.concat([headers, body, Buffer.from('\r\nPING\r\n')]));
    await answered;
  }

  [Symbol.dispose](): void {
    this.#socket?.destroy();
  }

  #connected(): Socket {
    const socket = connect(Number(this.#url.port), this.#url.hostname);
    this.#received = '';
    socket.on('data', (data: Buffer) => this.#take(socket, data.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#socket = undefined;
      this.#answered?.();
    });
    socket.write('CONNECT {"verbose":false,"headers":true,"lang":"fuzz","version":"1"}\r\n');
    return socket;
  }

  #take(socket: Socket, text: string): void {
    this.#received += text;
    for (let end = this.#received.indexOf('\r\n'); end >= 0; end = this.#received.indexOf('\r\n')) {
      const line = this.#received.slice(0, end);
      this.#received = this.#received.slice(end + 2);
      if (line === 'PONG') this.#answered?.();
      if (line === 'PING') socket.write('PONG\r\n');
      if (line.startsWith('-ERR')) socket.destroy();
    }
  }
}
