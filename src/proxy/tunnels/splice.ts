import type net from 'node:net';
import type { Limits } from '../bounds/limits.ts';
import { breakOff } from '../client-socket.ts';

export type Spliced = { readonly bytesUp: number; readonly bytesDown: number };

/**
 * Joins two connections until both are closed. Each direction has backpressure and ends by itself (half-close);
 * an error of either side is an error of both, so that nobody takes a broken transfer for a whole one. So is the end of
 * the time that they have in all.
 */
export function splice(
  client: net.Socket,
  upstream: net.Socket,
  { tunnelIdleMs, tunnelTotalMs }: Pick<Limits, 'tunnelIdleMs' | 'tunnelTotalMs'>,
): Promise<Spliced> {
  // What the upstream has said already and nobody has read yet is the first of what goes down.
  const counted = { up: upstream.bytesWritten, down: upstream.bytesRead - upstream.readableLength };
  return new Promise((resolve) => {
    joinOneWay(client, upstream);
    joinOneWay(upstream, client);
    // Whatever passes in either direction passes through the upstream socket, so its timer sees all.
    upstream.setTimeout(tunnelIdleMs, () => {
      upstream.destroy();
      client.destroy();
    });
    const deadline = setTimeout(() => {
      breakOff(upstream);
      breakOff(client);
    }, tunnelTotalMs);
    const settleWhenClosed = (): void => {
      if (!client.closed || !upstream.closed) return;
      clearTimeout(deadline);
      resolve({ bytesUp: upstream.bytesWritten - counted.up, bytesDown: upstream.bytesRead - counted.down });
    };
    client.once('close', settleWhenClosed);
    upstream.once('close', () => {
      client.setTimeout(tunnelIdleMs, () => client.destroy()); // the upstream's timer is gone with it
      settleWhenClosed();
    });
    settleWhenClosed();
  });
}

function joinOneWay(from: net.Socket, to: net.Socket): void {
  if (from.destroyed) breakOff(to);
  from.pipe(to);
  from.on('error', () => breakOff(to));
  from.once('close', () => {
    // Closed without an end: the other side must not go on waiting. After an end, its last bytes may still be going out.
    if (!from.readableEnded) breakOff(to);
  });
}
