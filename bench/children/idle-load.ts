/**
 * Opens tunnels and holds them, idle after 1 KB, until its parent lets go of it. Takes a `TunnelEnds` as JSON; on each
 * `IdleOrder` it answers with an `IdleAnswer` once so many are open.
 */
import type { Socket } from 'node:net';
import { ORIGIN_BODY } from '../traffic/site.ts';
import { type Authority, type Opening, openingOf, throughTunnel } from '../traffic/tunnel.ts';

export type TunnelEnds = { readonly proxyPort: number; readonly to: Authority };
export type IdleOrder = { readonly open: number };
/** `problem`: why there are not as many, or that some have ended since. */
export type IdleAnswer = { readonly open: number; readonly problem?: string };

const AT_ONE_TIME = 16;
const { proxyPort, to } = JSON.parse(process.argv[2] ?? '') as TunnelEnds;
const opening = await openingOf(to);
const tunnels = new Set<Socket>();
let problem: string | undefined;

process.on('message', async ({ open }: IdleOrder) => {
  let missing = open - tunnels.size;
  const openSome = async (): Promise<void> => {
    while (missing-- > 0) await hold(opening);
  };
  try {
    await Promise.all(Array.from({ length: AT_ONE_TIME }, openSome));
  } catch (error) {
    problem ??= String(error);
  }
  const answer: IdleAnswer = { open: tunnels.size, ...(problem !== undefined && { problem }) };
  process.send?.(answer);
});
process.on('disconnect', () => process.exit(0));

async function hold(through: Opening): Promise<void> {
  let received = 0;
  const socket = await throughTunnel(proxyPort, through, (chunk) => {
    received += chunk.length;
    return received === ORIGIN_BODY.length;
  });
  tunnels.add(socket);
  socket.once('close', () => {
    tunnels.delete(socket);
    problem ??= 'a tunnel was closed while it was idle';
  });
}
