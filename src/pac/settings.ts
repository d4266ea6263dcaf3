import { specialRange } from '../policy/address.ts';
import { parseHost } from '../policy/host.ts';
import { type DomainPattern, parseDomainPattern } from '../policy/matching/domain-pattern.ts';
import { type Network, parseNetwork } from '../policy/network.ts';
import type { Result } from '../policy/result.ts';
import type { PacDirect, PacProxy, PacSettings } from './pac.ts';

/** An entry of `pac.direct`: names, a network, or one of the groups that have a word of their own. */
export type DirectEntry =
  | { readonly kind: 'names'; readonly pattern: DomainPattern }
  | { readonly kind: 'network'; readonly network: Network }
  | { readonly kind: 'group'; readonly group: DirectGroup };

type DirectGroup = '<internal>' | '<plain>' | '<loopback>' | '<link-local>';

/** Of the configuration, what a PAC file is made from. */
export type PacSources = {
  readonly listen: readonly PacListener[];
  readonly egress: {
    readonly internalNames: readonly DomainPattern[];
    readonly internalNetworks: readonly Network[];
  };
  readonly pac: {
    readonly proxies: readonly PacProxy[];
    readonly direct: readonly DirectEntry[];
    readonly fallback: PacSettings['fallback'];
  };
};

type PacListener = {
  readonly host: string;
  readonly port: number;
  readonly tls?: unknown;
  readonly proxyProtocol?: unknown;
};

/** The settings of the PAC file; undefined where neither `pac.proxies` nor a listener says how clients call the proxy. */
export function pacSettingsOf({ listen, egress, pac }: PacSources): PacSettings | undefined {
  const proxies = pac.proxies.length > 0 ? pac.proxies : proxiesOf(listen);
  if (proxies.length === 0) return undefined;
  const parts = pac.direct.map((entry) => directBy(entry, egress));
  return {
    proxies,
    direct: {
      names: parts.flatMap(({ names }) => names),
      networks: parts.flatMap(({ networks }) => networks),
      plainNames: parts.some(({ plainNames }) => plainNames),
    },
    fallback: pac.fallback,
  };
}

/**
 * The listeners that clients can be sent to as they stand: with an address of their own and a port that is known. One on
 * loopback is for this machine alone, so it counts only where there is no other.
 */
function proxiesOf(listen: readonly PacListener[]): readonly PacProxy[] {
  const others = listen.some(({ host }) => specialRange(host) !== 'loopback');
  return listen.flatMap(({ host, port, tls, proxyProtocol }) => {
    const range = specialRange(host);
    if (port === 0 || proxyProtocol !== undefined || range === 'unspecified' || range === 'unparsable')
      return [];
    if (range === 'loopback' && others) return [];
    const called = parseHost(host.includes(':') ? `[${host}]` : host);
    if (!called.ok) return [];
    return [{ scheme: tls === undefined ? 'http' : 'https', host: called.value, port }];
  });
}

function directBy(entry: DirectEntry, egress: PacSources['egress']): PacDirect {
  switch (entry.kind) {
    case 'names':
      return { ...NOTHING, names: [entry.pattern] };
    case 'network':
      return { ...NOTHING, networks: [entry.network] };
    case 'group':
      return directOf(entry.group, egress);
  }
}

function directOf(group: DirectGroup, { internalNames, internalNetworks }: PacSources['egress']): PacDirect {
  switch (group) {
    case '<internal>':
      return { ...NOTHING, names: internalNames, networks: internalNetworks };
    case '<plain>':
      return { ...NOTHING, plainNames: true };
    case '<loopback>':
      return LOOPBACK;
    case '<link-local>':
      return LINK_LOCAL;
  }
}

const NOTHING: PacDirect = { names: [], networks: [], plainNames: false };

/** The client's own machine, where the proxy would only find itself. RFC 6761 section 6.3 has all below `localhost` too. */
const LOOPBACK: PacDirect = {
  names: [known(parseDomainPattern('localhost'))],
  networks: [known(parseNetwork('127.0.0.0/8')), known(parseNetwork('::1'))],
  plainNames: false,
};

const LINK_LOCAL: PacDirect = {
  ...NOTHING,
  networks: [known(parseNetwork('169.254.0.0/16')), known(parseNetwork('fe80::/10'))],
};

/** Throws on what is none: a slip above must not go unseen. */
function known<T>(parsed: Result<T, unknown>): T {
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}
