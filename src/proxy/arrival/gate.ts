import type net from 'node:net';
import { newIncident } from '../../decision-log/incident.ts';
import { identify } from '../../identity/identify.ts';
import type { Door } from '../admit.ts';
import type { Reception } from '../bounds/reception.ts';
import { createSocketNote, transportOf } from '../client-socket.ts';
import { clientAddress } from './client-address.ts';

/**
 * What a connection passes before its first byte of HTTP. A gate hands it on, as it is or wrapped, with every byte that
 * is not its own; or it ends it. Until then it answers for the connection: its errors, its deadline, its line in the log.
 */
export type Gate = (socket: net.Socket, pass: (socket: net.Socket) => void) => void;

/**
 * Has every connection pass the gates, in their order, before the server hears of it. Those that `arrive` turns away
 * come to none of them.
 */
export function putBefore(
  server: net.Server,
  gates: readonly Gate[],
  arrive: (socket: net.Socket) => boolean,
): void {
  if (gates.length === 0) return;
  const heard = server.listeners('connection');
  const enter = gates.reduceRight<(socket: net.Socket) => void>(
    (pass, gate) => (socket) => gate(socket, pass),
    (socket) => {
      const bytesBefore = socket.bytesRead - socket.readableLength;
      entered.set(transportOf(socket), { socket, bytesBefore });
      for (const listener of heard) listener.call(server, socket);
    },
  );
  server.removeAllListeners('connection');
  server.on('connection', (socket: net.Socket) => {
    // Asked for now it is kept; of a connection that is reset it could not be told any more whose it was.
    if (socket.remoteAddress === undefined) socket.destroy();
    else if (arrive(socket)) {
      entered.set(socket, 'at the gates');
      enter(socket);
    }
  });
}

/** How far connections to a server with gates have come, by the TCP connection. */
const entered = createSocketNote<
  'at the gates' | { readonly socket: net.Socket; readonly bytesBefore: number }
>('entered');

/** Whether not a byte of HTTP came on the connection so far, whatever its gates may have read. */
export function saidNothing(socket: net.Socket): boolean {
  const stage = entered.get(transportOf(socket));
  if (stage === undefined) return socket.bytesRead === 0;
  return stage === 'at the gates' || stage.socket.bytesRead === stage.bytesBefore;
}

/** What a gate works with. */
export type GateContext = { readonly door: Door; readonly reception: Reception };

/**
 * Closes a connection that does not get through a gate, once its one line in the log is written; of a client that does
 * so again and again the log has numbers.
 */
export async function turnAway(
  problem: string,
  socket: net.Socket,
  { door: { log, policies }, reception }: GateContext,
): Promise<void> {
  const time = Date.now();
  const client = clientAddress(socket);
  if (!reception.mayBeTold(socket, client)) {
    socket.destroy();
    return;
  }
  log.write({
    event: 'malformed',
    incident: newIncident(time),
    time,
    ...identify({ client, listenerPort: socket.localPort }, policies.current()),
    client,
    via: undefined,
    method: undefined,
    target: undefined,
    status: undefined,
    problem,
  });
  await log.committed();
  socket.destroy();
}
