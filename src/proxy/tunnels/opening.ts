import type net from 'node:net';
import type { Limits } from '../bounds/limits.ts';
import { type ClientHello, parseClientHello, type Walked } from './client-hello.ts';

/** How a client opens the tunnel that it was given. */
export type Opening =
  | ClientHello
  | { readonly kind: 'not-tls' }
  | { readonly kind: 'malformed'; readonly problem: string }
  /** Time was up, with a part of a ClientHello or without a byte: so it is where the server is to speak first. */
  | { readonly kind: 'late'; readonly hasBegun: boolean }
  /** It ended its side or left before it had said enough. */
  | { readonly kind: 'gone' };

/**
 * Reads what a client says first, as far as it takes to know whether it may pass. The bytes are held meanwhile, and
 * once they tell, they stand in the socket again, unchanged, for whoever reads it next.
 */
export function readOpening(
  client: net.Socket,
  { clientHelloMs, maxClientHelloBytes }: Pick<Limits, 'clientHelloMs' | 'maxClientHelloBytes'>,
): Promise<Opening> {
  return new Promise((resolve) => {
    let held: Buffer[] = [];
    let heldBytes = 0;
    let wantedBytes = 1;
    let walked: Walked | undefined;
    const finish = (opening: Opening): void => {
      clearTimeout(deadline);
      client.off('readable', onReadable);
      client.off('end', onGone);
      client.off('close', onGone);
      resolve(opening);
    };
    const onReadable = (): void => {
      const chunk = client.read() as Buffer | null;
      if (chunk === null) return;
      held.push(chunk);
      heldBytes += chunk.length;
      if (heldBytes < wantedBytes) return;
      const bytes = held.length === 1 ? chunk : Buffer.concat(held, heldBytes);
      const parsed = parseClientHello(bytes, maxClientHelloBytes, walked);
      if (parsed.kind === 'need-more') {
        held = [bytes];
        ({ atLeast: wantedBytes, walked } = parsed);
        return;
      }
      client.unshift(bytes);
      finish(parsed);
    };
    const onGone = (): void => finish({ kind: 'gone' });
    const deadline = setTimeout(() => finish({ kind: 'late', hasBegun: heldBytes > 0 }), clientHelloMs);
    client.on('readable', onReadable);
    client.on('end', onGone);
    client.on('close', onGone);
    if (client.destroyed) onGone(); // its `close` may be over
  });
}
