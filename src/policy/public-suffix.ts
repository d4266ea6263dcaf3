import { parse } from 'tldts';
import type { Host } from './host.ts';

/** How a name divides at its public suffix (https://publicsuffix.org, the ICANN section). */
export type SuffixParts = {
  /** `deepseek.com`; undefined for a bare public suffix or an address. */
  readonly registrableDomain: string | undefined;
  /** `deepseek` of `chat.deepseek.com`. */
  readonly registrableName: string | undefined;
  readonly isPublicSuffix: boolean;
};

/**
 * Only the ICANN section counts: names of its private section (`github.io`, `vercel.app`) are services that a policy
 * may want to block whole.
 */
export function suffixParts(host: Host): SuffixParts {
  const parts = parse(host, { extractHostname: false, validateHostname: false });
  return {
    registrableDomain: parts.domain ?? undefined,
    registrableName: parts.domainWithoutSuffix || undefined,
    isPublicSuffix: parts.isIcann === true && parts.domain === null,
  };
}
