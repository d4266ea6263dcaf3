import { addressBytes, networkContains } from '../../policy/network.ts';
import type { ReachedLimit } from '../../policy/reached-limit.ts';
import { fail, type Result, succeed } from '../../policy/result.ts';
import type { Limits } from './limits.ts';

/** How many connections and tunnels each client has, and how fast it asks. It knows addresses, and no sockets. */
export type ClientLimits = {
  /**
   * Counts a connection in, or says which limit it would go beyond; then nothing is counted. Of a client that is not
   * known yet only the connection itself counts.
   */
  enter(client: string | undefined): Result<Visit, ReachedLimit>;
  /** Counts what a client does without a visit like a request, or says which limit that goes beyond. */
  spend(client: string): ReachedLimit | undefined;
  /** Forgets the clients that are gone and could ask at full burst again. */
  sweep(): void;
  /** Connections at this moment, and clients that are remembered. */
  count(): { readonly connections: number; readonly tunnels: number; readonly clients: number };
};

/** A connection that was counted in. */
export type Visit = {
  /** Counts a request, or says which limit it goes beyond. */
  request(): ReachedLimit | undefined;
  /** Counts the connection as a tunnel from now on, or says which limit that goes beyond. */
  tunnel(): ReachedLimit | undefined;
  /** Counts a certificate that is to be signed; false when it goes beyond the client's rate. */
  certificate(): boolean;
  /** Gives back whatever it took; to leave twice is to leave once. */
  leave(): void;
};

export type ClientBounds = Pick<
  Limits,
  | 'connectionsPerClient'
  | 'tunnelsPerClient'
  | 'requestsPerMinutePerClient'
  | 'requestBurstPerClient'
  | 'certificatesPerMinutePerClient'
  | 'certificateBurstPerClient'
  | 'exempt'
> & { readonly connections: number };

type Client = {
  connections: number;
  tunnels: number;
  readonly requests: Bucket;
  /** Undefined until the first is to be signed: most clients never ask for a blocked host. */
  certificates: Bucket | undefined;
};

/** Of clients that are gone: each is remembered until its buckets are full, so whoever has many addresses makes many. */
const MAX_GONE_CLIENTS = 50_000;

/** `now` is in milliseconds and never goes back. */
export function createClientLimits(bounds: ClientBounds, now: () => number): ClientLimits {
  const { connections: maxConnections, connectionsPerClient, tunnelsPerClient } = bounds;
  const clients = new Map<string, Client>();
  let connections = 0;
  let tunnels = 0;

  const requestRate = { perMinute: bounds.requestsPerMinutePerClient, burst: bounds.requestBurstPerClient };
  const certificateRate = {
    perMinute: bounds.certificatesPerMinutePerClient,
    burst: bounds.certificateBurstPerClient,
  };
  const isExempt = (address: string): boolean =>
    bounds.exempt.some((network) => networkContains(network, address));
  const forget = (isForgotten: (client: Client) => boolean): void => {
    for (const [key, client] of clients)
      if (client.connections === 0 && isForgotten(client)) clients.delete(key);
  };
  const clientOf = (key: string): Client => {
    const known = clients.get(key);
    if (known !== undefined) return known;
    if (clients.size >= maxConnections + MAX_GONE_CLIENTS) forget(() => true);
    const requests = createBucket(requestRate, now);
    const client: Client = { connections: 0, tunnels: 0, requests, certificates: undefined };
    clients.set(key, client);
    return client;
  };
  const visitOf = (client: Client | undefined): Visit => {
    let held: 'nothing' | 'connection' | 'tunnel' = 'connection';
    return {
      request: () => (client?.requests.take() === false ? 'requestsPerMinutePerClient' : undefined),
      tunnel() {
        if (held !== 'connection') return undefined; // counted already, or gone
        if (client !== undefined && client.tunnels >= tunnelsPerClient) return 'tunnelsPerClient';
        held = 'tunnel';
        tunnels += 1;
        if (client !== undefined) client.tunnels += 1;
        return undefined;
      },
      certificate() {
        if (client === undefined) return true;
        client.certificates ??= createBucket(certificateRate, now);
        return client.certificates.take();
      },
      leave() {
        if (held === 'nothing') return;
        connections -= 1;
        if (client !== undefined) client.connections -= 1;
        if (held === 'tunnel') {
          tunnels -= 1;
          if (client !== undefined) client.tunnels -= 1;
        }
        held = 'nothing';
      },
    };
  };
  return {
    enter(address) {
      const key = address === undefined || isExempt(address) ? undefined : clientKey(address);
      // The client's own limit first: who takes too much is told so, whatever else is at its end.
      if (key !== undefined && (clients.get(key)?.connections ?? 0) >= connectionsPerClient)
        return fail('connectionsPerClient');
      if (connections >= maxConnections) return fail('connections');
      const client = key === undefined ? undefined : clientOf(key);
      connections += 1;
      if (client !== undefined) client.connections += 1;
      return succeed(visitOf(client));
    },
    spend: (address) =>
      isExempt(address) || clientOf(clientKey(address)).requests.take()
        ? undefined
        : 'requestsPerMinutePerClient',
    sweep: () =>
      forget(({ requests, certificates }) => requests.isFull() && certificates?.isFull() !== false),
    count: () => ({ connections, tunnels, clients: clients.size }),
  };
}

/** Who is counted as one: an IPv4 address, or the /64 in which an IPv6 client may take any address it likes. */
export function clientKey(address: string): string {
  const bytes = address.includes(':') ? addressBytes(address) : undefined;
  return bytes?.length === 16 ? bytes.slice(0, 8).join('.') : address;
}

/** A token bucket: `burst` tokens when full, refilled at the rate, a token for each act. */
type Bucket = { take(): boolean; isFull(): boolean };

type Rate = { readonly perMinute: number; readonly burst: number };

function createBucket({ perMinute, burst }: Rate, now: () => number): Bucket {
  const perMs = perMinute / 60_000;
  let tokens = burst;
  let refilledAt = now();
  const refill = (): void => {
    const at = now();
    tokens = Math.min(burst, tokens + (at - refilledAt) * perMs);
    refilledAt = at;
  };
  return {
    take() {
      refill();
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
    isFull() {
      refill();
      return tokens >= burst;
    },
  };
}
