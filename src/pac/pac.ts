import { addressLiteral, type Host } from '../policy/host.ts';
import type { DomainPattern } from '../policy/matching/domain-pattern.ts';
import { addressBytes, type Network } from '../policy/network.ts';
import { FUNCTIONS } from './script.ts';

/** What a PAC file is sent as; there is no registered type, and this is the one that all browsers know. */
export const PAC_TYPE = 'application/x-ns-proxy-autoconfig';

/** A proxy as clients call it, and whether TLS is spoken with it. */
export type PacProxy = { readonly scheme: 'http' | 'https'; readonly host: Host; readonly port: number };

/** What clients fetch without a proxy. Patterns of the form `a.*` are passed over: a PAC file knows no public suffixes. */
export type PacDirect = {
  readonly names: readonly DomainPattern[];
  /** For addresses that stand in a URL; what a name leads to is never looked up. */
  readonly networks: readonly Network[];
  /** Names without a dot. */
  readonly plainNames: boolean;
};

export type PacSettings = {
  /** At least one, in the order in which clients try them. */
  readonly proxies: readonly PacProxy[];
  readonly direct: PacDirect;
  /** What clients do when no proxy answers; `direct` lets them go around all of this then. */
  readonly fallback: 'none' | 'direct';
};

/**
 * The text of a PAC file: a script with a function that names the proxies for a URL. It is ES5 of the oldest kind, for
 * the JScript of WinHTTP; it never asks a name server, which would hold up the browser at each request; and whatever it
 * does not know goes by the proxies. `asked` is the name by which this file was asked for: a proxy of that name comes
 * first, and any other name changes nothing.
 */
export function pacFor({ proxies, direct, fallback }: PacSettings, asked?: string): string {
  const first = proxies.filter(({ host }) => host === asked);
  const others = proxies.filter(({ host }) => host !== asked);
  const ways = [...first, ...others].map(wayBy);
  const networks = [...direct.networks, ...direct.names.flatMap(networkOf)];
  return [
    '// Written by Postern: where clients ask for what. Look up no names here; that would hold up every request.',
    `var PROXIES = ${quoted([...ways, ...(fallback === 'direct' ? ['DIRECT'] : [])].join('; '))};`,
    `var PLAIN_NAMES_GO_DIRECT = ${direct.plainNames};`,
    `var DIRECT_NAMES = {${lines(direct.names.flatMap(namesOf).map((name) => `${quoted(name)}: true`))}};`,
    `var DIRECT_NETWORKS = [${lines(networks.map(written))}];`,
    FUNCTIONS,
  ].join('\n');
}

function wayBy({ scheme, host, port }: PacProxy): string {
  switch (scheme) {
    case 'http':
      return `PROXY ${host}:${port}`;
    case 'https':
      return `HTTPS ${host}:${port}`;
  }
}

/** A pattern as keys of `DIRECT_NAMES`: `=` and a whole name, or `*` and how names below it end. */
function namesOf(pattern: DomainPattern): readonly string[] {
  switch (pattern.kind) {
    case 'domain':
      return [`=${pattern.host}`, `*.${pattern.host}`];
    case 'exact':
      return addressLiteral(pattern.host) === undefined ? [`=${pattern.host}`] : [];
    case 'subdomains':
      return [`*.${pattern.host}`];
    case 'any-suffix':
      return [];
  }
}

/** The address that a pattern names in place of a name. */
function networkOf(pattern: DomainPattern): readonly Pick<Network, 'bytes' | 'prefix'>[] {
  const literal = pattern.kind === 'exact' ? addressLiteral(pattern.host) : undefined;
  const bytes = literal === undefined ? undefined : addressBytes(literal);
  return bytes === undefined ? [] : [{ bytes, prefix: bytes.length * 8 }];
}

const written = ({ bytes, prefix }: Pick<Network, 'bytes' | 'prefix'>): string =>
  `[[${bytes.join(', ')}], ${prefix}]`;

/** Each entry once, on a line of its own. */
function lines(entries: readonly string[]): string {
  const each = [...new Set(entries)];
  return each.length === 0 ? '' : `\n  ${each.join(',\n  ')}\n`; // JScript counts a last comma as an entry
}

/** A string of ES5 in ASCII alone: U+2028 would end a line there. */
const quoted = (text: string): string =>
  JSON.stringify(text).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
