import { parse } from 'tldts';
import { addressLiteral, type Host } from '../policy/host.ts';
import type { DomainPattern } from '../policy/matching/domain-pattern.ts';
import { suffixParts } from '../policy/public-suffix.ts';
import type { Finding, LintedFolder } from './finding.ts';
import { writtenDomains } from './written.ts';

/** Domains under which the customers of a provider have their sites, and public suffixes that are named as a host. */
export function findSharedSuffixes({ parsed }: LintedFolder): readonly Finding[] {
  return writtenDomains(parsed).flatMap(({ entry: domain, file, path }): Finding[] => {
    const fault = faultOf(domain);
    return fault === undefined
      ? []
      : [{ code: 'shared-suffix', at: file.at(path), within: file.at(path.slice(0, 2)), ...fault }];
  });
}

function faultOf(domain: DomainPattern): Pick<Finding, 'problem' | 'hint'> | undefined {
  if (domain.kind === 'any-suffix' || addressLiteral(domain.host) !== undefined) return undefined;
  if (domain.kind !== 'exact')
    return isPrivateSuffix(domain.host)
      ? {
          problem: `\`${domain.text}\` covers the sites of all customers of its provider, each somebody else's`,
          hint: `name the sites that you mean, such as example.${domain.host}; if you mean all, say so: # lint-ok: shared-suffix`,
        }
      : undefined;
  return suffixParts(domain.host).isPublicSuffix
    ? {
        problem: `\`${domain.text}\` names the suffix host alone, and nothing under it`,
        hint: `name the sites that you mean, such as example.${domain.host}`,
      }
    : undefined;
}

/** Of the public suffix list's private section: https://publicsuffix.org/list/#list-format */
function isPrivateSuffix(host: Host): boolean {
  const { isPrivate, domain } = parse(host, {
    allowPrivateDomains: true,
    extractHostname: false,
    validateHostname: false,
  });
  return isPrivate === true && domain === null;
}
