import type net from 'node:net';
import { canonicalAddress } from '../../policy/network.ts';
import { transportOf } from '../client-socket.ts';

/** The addresses that load balancers have told of, by the TCP connection. */
const claimed = new WeakMap<net.Socket, string>();

/** From a PROXY header of a listed peer: from now on this is whose connection it is. */
export function claimAddress(socket: net.Socket, address: string): void {
  claimed.set(transportOf(socket), address);
}

/** Who is asking on a connection: the one that a PROXY header named, else the peer. IPv4 always appears as IPv4. */
export function clientAddress(socket: net.Socket): string {
  return claimed.get(transportOf(socket)) ?? peerAddress(socket);
}

/** Who holds the other end of the connection; IPv4 peers of a dual-stack listener appear as IPv4. */
export function peerAddress(socket: net.Socket): string {
  const address = socket.remoteAddress ?? '';
  return canonicalAddress(address) ?? address;
}
