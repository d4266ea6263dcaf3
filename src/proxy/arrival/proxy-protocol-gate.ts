import type net from 'node:net';
import { type Network, networkContains } from '../../policy/network.ts';
import { claimAddress, peerAddress } from './client-address.ts';
import { type Gate, type GateContext, turnAway } from './gate.ts';
import { type ProxyHeader, readProxyHeader } from './proxy-protocol.ts';

/**
 * Takes the PROXY header off each connection, and the client's address from it. Peers outside of `from` are turned away
 * whatever they send: a header of theirs must not say who is asking, and without one everybody would.
 */
export function createProxyProtocolGate(
  from: readonly Network[],
  deadlineMs: number,
  context: GateContext,
): Gate {
  return (socket, pass) => {
    socket.on('error', () => socket.destroy());
    const peer = peerAddress(socket);
    if (!from.some((network) => networkContains(network, peer))) {
      void turnAway('the peer is not one that may send a PROXY header', socket, context);
      return;
    }
    takeHeader(socket, deadlineMs, (taken) => {
      if (typeof taken === 'string') void turnAway(taken, socket, context);
      else {
        if (taken.client !== undefined) claimAddress(socket, taken.client);
        pass(socket);
      }
    });
  };
}

/** Calls back once, with the header or what is wrong; not at all when the peer leaves without having sent a byte. */
function takeHeader(
  socket: net.Socket,
  deadlineMs: number,
  onTaken: (taken: ProxyHeader | string) => void,
): void {
  let received: Buffer = Buffer.alloc(0);
  const finish = (taken: ProxyHeader | string): void => {
    clearTimeout(deadline);
    socket.off('readable', read).off('end', onEnd).off('close', onClose);
    onTaken(taken);
  };
  const read = (): void => {
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read())
      received = Buffer.concat([received, chunk]);
    const reading = readProxyHeader(received);
    switch (reading.kind) {
      case 'incomplete':
        return;
      case 'broken':
        finish(reading.problem);
        return;
      case 'header': {
        const rest = received.subarray(reading.header.length);
        if (rest.length > 0) socket.unshift(rest);
        finish(reading.header);
      }
    }
  };
  // Load balancers ask whether the port is open by connecting and leaving: of that nothing is told.
  const onEnd = (): void => {
    if (received.length > 0) finish('the connection ended within its PROXY header');
    else socket.destroy();
  };
  const onClose = (): void => {
    clearTimeout(deadline);
    if (received.length > 0) finish('the connection was cut off within its PROXY header');
  };
  const deadline = setTimeout(() => finish('no whole PROXY header came in time'), deadlineMs);
  socket.on('readable', read);
  socket.once('end', onEnd);
  socket.once('close', onClose);
}
