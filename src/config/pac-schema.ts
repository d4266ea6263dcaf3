import { z } from 'zod';
import type { Host } from '../policy/host.ts';
import { type DomainPattern, parseDomainPattern } from '../policy/matching/domain-pattern.ts';
import { addressBytes, type Network, parseNetwork } from '../policy/network.ts';
import { parseAuthority } from '../policy/request-url.ts';
import { fail, type Result, succeed } from '../policy/result.ts';

type Fault = { readonly problem: string; readonly hint: string };

/** A proxy as clients call it. */
type PacProxy = { readonly scheme: 'http' | 'https'; readonly host: Host; readonly port: number };

const GROUPS = ['<internal>', '<plain>', '<loopback>', '<link-local>'] as const;
type Group = (typeof GROUPS)[number];

/** What clients fetch without the proxy. */
type DirectEntry =
  | { readonly kind: 'names'; readonly pattern: DomainPattern }
  | { readonly kind: 'network'; readonly network: Network }
  | { readonly kind: 'group'; readonly group: Group };

/** Clients try one after the other; more than a few would only make people wait. */
const MAX_PROXIES = 8;
/** Browsers run the file at each request, and Chromium takes none of more than 1 MiB: so many long names are half of it. */
const MAX_DIRECT = 1_000;

const PROXY_HINT = 'write a host and a port, such as proxy.example:3128, or https://proxy.example:3129';
const PROXY = /^(?:(?<scheme>https?):\/\/)?(?<authority>[^/?#]*)\/?$/i;

function parseProxy(text: string): Result<PacProxy, Fault> {
  const parts = PROXY.exec(text)?.groups;
  if (parts === undefined) return fail({ problem: `\`${text}\` is not a proxy`, hint: PROXY_HINT });
  const authority = parseAuthority(parts.authority ?? '');
  if (!authority.ok)
    return fail({ problem: `\`${text}\`: ${authority.error.problem}`, hint: authority.error.hint });
  const { host, port } = authority.value;
  if (port === undefined) return fail({ problem: `\`${text}\` names no port`, hint: PROXY_HINT });
  return succeed({ scheme: parts.scheme?.toLowerCase() === 'https' ? 'https' : 'http', host, port });
}

function parseDirect(text: string): Result<DirectEntry, Fault> {
  const group = GROUPS.find((known) => known === text);
  if (group !== undefined) return succeed({ kind: 'group', group });
  if (/^<.*>$/.test(text))
    return fail({ problem: `\`${text}\` is no word that stands here`, hint: GROUPS.join(', ') });
  if (isNetwork(text)) {
    const network = parseNetwork(text);
    if (!network.ok) return network;
    if (network.value.prefix === 0)
      return fail({
        problem: `\`${text}\` would let clients go around the proxy to every address`,
        hint: 'list the networks of your internal servers',
      });
    return succeed({ kind: 'network', network: network.value });
  }
  const pattern = parseDomainPattern(text);
  if (!pattern.ok) return pattern;
  if (pattern.value.kind === 'any-suffix')
    return fail({
      problem: `\`${text}\`: a PAC file knows no public suffixes`,
      hint: 'write each domain: `a.b` (it and its subdomains), `=a.b` (it alone) or `*.a.b` (its subdomains)',
    });
  return succeed({ kind: 'names', pattern: pattern.value });
}

/** A URL and an address in brackets are left to the parser of names, which has a word for them. */
const isNetwork = (text: string): boolean =>
  addressBytes(text) !== undefined || (/[/:]/.test(text) && !/:\/\/|[[\]]/.test(text));

/** Text that one of the parsers above turns into a value. */
const parsedBy = <T>(parse: (text: string) => Result<T, Fault>, meta: z.core.GlobalMeta) =>
  z
    .string()
    .meta(meta)
    .transform((text, context): T => {
      const parsed = parse(text);
      if (parsed.ok) return parsed.value;
      context.addIssue({
        code: 'custom',
        message: parsed.error.problem,
        params: { hint: parsed.error.hint },
      });
      return z.NEVER;
    });

const proxy = parsedBy(parseProxy, {
  pattern: /^(?:[Hh][Tt][Tt][Pp][Ss]?:\/\/)?[^\u0000-\u0020/?#@\\]+:\d{1,5}\/?$/.source,
  patternErrorMessage: PROXY_HINT,
});
const direct = parsedBy(parseDirect, { minLength: 1 });

export const pacSchema = z.strictObject({
  proxies: z
    .array(proxy)
    .max(MAX_PROXIES, `at most ${MAX_PROXIES} are tried`)
    .default([])
    .describe('This proxy and others in its place, as clients call them. Default: by the listeners.')
    .meta({ examples: [['proxy.example:3128', 'https://proxy.example:3129']] }),
  direct: z
    .array(direct)
    .prefault(['<loopback>'])
    .describe(
      'What clients fetch without the proxy: names, networks, <internal> and such. Default: [<loopback>].',
    )
    .meta({ examples: [['<loopback>', 'intranet.example', '10.1.0.0/16']] }),
  fallback: z
    .enum(['none', 'direct'])
    .default('none')
    .describe('While no proxy answers: direct lets clients go around it. Default: none.'),
});

type Internal = { readonly internalNames: readonly unknown[]; readonly internalNetworks: readonly Network[] };

/** What is wrong with `pac.direct` beside the settings that `<internal>` stands for. */
export function directFault(entries: readonly DirectEntry[], internal: Internal): Fault | undefined {
  const hasInternal = entries.some((entry) => entry.kind === 'group' && entry.group === '<internal>');
  const { internalNames, internalNetworks } = internal;
  const whole = hasInternal ? internalNetworks.find(({ prefix }) => prefix === 0) : undefined;
  if (whole !== undefined)
    return {
      problem: `\`<internal>\` stands for \`${whole.text}\` too: clients would go around the proxy to every address`,
      hint: 'list the networks of your internal servers, there or here',
    };
  const count = entries.length + (hasInternal ? internalNames.length + internalNetworks.length : 0);
  if (count > MAX_DIRECT)
    return {
      problem: `${count} entries, and browsers go through a PAC file at each request`,
      hint: `at most ${MAX_DIRECT}: name the domains and networks that they lie in`,
    };
  return undefined;
}
