import type net from 'node:net';
import { canonicalAddress } from '../../policy/network.ts';
import { createSocketNote, transportOf } from '../client-socket.ts';

/** Whose connections are, by the TCP connection. */
const addresses = createSocketNote<string>('client address');

/** From a PROXY header of a listed peer: from now on this is whose connection it is. */
export function claimAddress(socket: net.Socket, address: string): void {
  addresses.set(transportOf(socket), address);
}

/**
 * Who is asking on a connection: the one that a PROXY header named, else the peer. IPv4 always appears as IPv4. Asked for
 * once it is kept: of a connection that is reset it could not be told any more.
 */
export function clientAddress(socket: net.Socket): string {
  const transport = transportOf(socket);
  const known = addresses.get(transport);
  if (known !== undefined) return known;
  const address = peerAddress(socket);
  if (address !== '') addresses.set(transport, address);
  return address;
}

/** Who holds the other end of the connection; IPv4 peers of a dual-stack listener appear as IPv4. */
export function peerAddress(socket: net.Socket): string {
  const address = socket.remoteAddress ?? '';
  return canonicalAddress(address) ?? address;
}
