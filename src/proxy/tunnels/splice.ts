import type net from 'node:net';
import type { Limits } from '../bounds/limits.ts';
import { breakOff } from '../client-socket.ts';
import { Flow } from './flow.ts';

export type Spliced = { readonly bytesUp: number; readonly bytesDown: number };

type TunnelTimes = Pick<Limits, 'tunnelIdleMs' | 'tunnelTotalMs'>;

/**
 * Joins two connections until both are closed. Each direction has backpressure and ends by itself (half-close);
 * an error of either side is an error of both, so that nobody takes a broken transfer for a whole one. So is the end of
 * the time that they have in all.
 */
export function splice(client: net.Socket, upstream: net.Socket, times: TunnelTimes): Promise<Spliced> {
  return new Promise((resolve) => {
    let passedAt = performance.now();
    const onPassed = (): void => {
      passedAt = performance.now();
    };
    const up = new Flow(client, onPassed);
    const down = new Flow(upstream, onPassed);
    const stopWatching = watchTime(times, () => passedAt, {
      onIdle() {
        down.source.destroy();
        up.source.destroy();
      },
      onOver() {
        breakOff(down.source);
        breakOff(up.source);
      },
    });
    const settleWhenClosed = (): void => {
      if (!up.source.closed || !down.source.closed) return;
      stopWatching();
      resolve({ bytesUp: up.bytes, bytesDown: down.bytes });
    };
    up.source.on('close', settleWhenClosed);
    down.source.on('close', settleWhenClosed);
    joinOneWay(up, down.source);
    joinOneWay(down, up.source);
    settleWhenClosed();
  });
}

function joinOneWay(flow: Flow, to: net.Socket): void {
  const from = flow.source;
  if (from.destroyed) breakOff(to);
  from.on('error', () => breakOff(to));
  from.on('end', () => to.end());
  from.on('close', () => {
    // Closed without an end: the other side must not go on waiting. After an end, its last bytes may still be going out.
    if (!from.readableEnded) breakOff(to);
  });
  flow.start(to);
  if (from.readableEnded) to.end(); // which nobody will hear any more
}

/**
 * Tells when nothing has passed for too long, and when the time in all is over. One timer, which is not touched by what
 * passes: when it is due it asks how long ago that was, and goes on for the rest.
 */
function watchTime(
  { tunnelIdleMs, tunnelTotalMs }: TunnelTimes,
  passedAt: () => number,
  { onIdle, onOver }: { readonly onIdle: () => void; readonly onOver: () => void },
): () => void {
  const overAt = performance.now() + tunnelTotalMs;
  const look = (): void => {
    const now = performance.now();
    const idleAt = passedAt() + tunnelIdleMs;
    if (now >= overAt) onOver();
    else if (now >= idleAt) onIdle();
    else timer = setTimeout(look, Math.ceil(Math.min(idleAt, overAt) - now));
  };
  let timer = setTimeout(look, Math.min(tunnelIdleMs, tunnelTotalMs));
  return () => clearTimeout(timer);
}
