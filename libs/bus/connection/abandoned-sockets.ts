import { NodeTransport } from '@nats-io/transport-node/lib/node_transport.js';

let isPatched = false;

/**
 * Has the client close what it gives up connecting to. By itself it keeps the socket of an attempt that came to no end
 * in time, as to a server that stands still: one for each attempt, for as long as the server lives, and behind its
 * recovery all of them become connections that nobody uses.
 */
export function closeAbandonedSockets(): void {
  if (isPatched) return;
  isPatched = true;
  const { prototype } = NodeTransport;
  const close = Reflect.get(prototype, 'close');
  prototype.close = async function (this: NodeTransport, error?: Error): Promise<void> {
    // `connected` is when the server has greeted: until then the client's own `close` does nothing.
    if (!this.connected) this.discard();
    await close.call(this, error);
  };
}
