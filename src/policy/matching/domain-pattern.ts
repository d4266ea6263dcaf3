import { addressLiteral, type Host, parseHost } from '../host.ts';
import { suffixParts } from '../public-suffix.ts';
import { fail, type Result, succeed } from '../result.ts';

/** The forms in which a policy names hosts. `text` is what the policy says, for people to read. */
export type DomainPattern = { readonly text: string } & (
  | { readonly kind: 'domain'; readonly host: Host } //      a.b     the apex and every subdomain
  | { readonly kind: 'exact'; readonly host: Host } //       =a.b    that host only
  | { readonly kind: 'subdomains'; readonly host: Host } //  *.a.b   subdomains only
  | { readonly kind: 'any-suffix'; readonly name: string } // a.*    that name under every public suffix
);

type Fault = { readonly problem: string; readonly hint: string };

const FORMS =
  'use `a.b` (it and its subdomains), `=a.b` (it alone), `*.a.b` (its subdomains) or `a.*` (any suffix)';
const LABEL = /^[a-z0-9_-]{1,63}$/;
/** What people write here that has a place of its own. */
const NETWORK = /^[\da-f.:]+\/\d{1,3}$/i;
const PATTERN = /^\/.+\/$/;

/** `a.b`, `=a.b`, `*.a.b` or `a.*`, as a policy or a list writes it. */
export function parseDomainPattern(text: string): Result<DomainPattern, Fault> {
  if (/^[a-z]+:\/\//i.test(text))
    return fail({ problem: `\`${text}\` is a URL`, hint: `${FORMS}, without a scheme or path` });
  if (NETWORK.test(text))
    return fail({
      problem: `\`${text}\` is a network, and names no domain`,
      hint: 'in a rule, networks go under `addresses:`',
    });
  if (PATTERN.test(text))
    return fail({
      problem: `\`${text}\` is a pattern, and names no domain`,
      hint: 'in a rule, patterns go under `patterns:`, without the slashes',
    });
  if (text.endsWith('.*')) return parseAnySuffix(text);
  if (text.startsWith('=')) return parseHostForm('exact', text, text.slice(1));
  if (text.startsWith('*.')) return parseHostForm('subdomains', text, text.slice(2));
  return parseHostForm('domain', text, text);
}

/** Whether the pattern names this host. */
export function patternCovers(pattern: DomainPattern, host: Host): boolean {
  switch (pattern.kind) {
    case 'domain':
      return host === pattern.host || host.endsWith(`.${pattern.host}`);
    case 'exact':
      return host === pattern.host;
    case 'subdomains':
      return host.endsWith(`.${pattern.host}`);
    case 'any-suffix':
      return addressLiteral(host) === undefined && suffixParts(host).registrableName === pattern.name;
  }
}

function parseHostForm(
  kind: 'domain' | 'exact' | 'subdomains',
  text: string,
  hostText: string,
): Result<DomainPattern, Fault> {
  if (hostText.includes('*'))
    return fail({ problem: `\`${text}\` has a wildcard where none can stand`, hint: FORMS });
  const host = parseHost(hostText);
  if (!host.ok)
    return fail({ problem: `\`${text}\` names no host: ${host.error.problem}`, hint: host.error.hint });
  if (addressLiteral(host.value) !== undefined) {
    if (kind === 'subdomains')
      return fail({ problem: `\`${text}\`: an address has no subdomains`, hint: 'drop the `*.`' });
    return succeed({ kind: 'exact', host: host.value, text });
  }
  if (kind !== 'exact' && suffixParts(host.value).isPublicSuffix)
    return fail({
      problem: `\`${text}\` is a public suffix: it would cover everybody's names under it`,
      hint: `name a registrable domain, such as example.${host.value}`,
    });
  return succeed({ kind, host: host.value, text });
}

function parseAnySuffix(text: string): Result<DomainPattern, Fault> {
  const bare = parseHost(text.slice(0, -2));
  if (!bare.ok || !LABEL.test(bare.value))
    return fail({ problem: `\`${text}\`: before \`.*\` stands one name without dots`, hint: FORMS });
  return succeed({ kind: 'any-suffix', name: bare.value, text });
}
