import type { Facts } from '../policy/facts.ts';
import type { Department, PolicySet } from '../policy/policy.ts';

/** A request for a page of the proxy's own site. */
export type Visit = {
  readonly facts: Facts;
  readonly policies: PolicySet;
  /** The visitor's. */
  readonly department: Department | undefined;
  readonly listenerPort: number | undefined;
  /** The incident code of the visit itself. */
  readonly code: string;
  readonly method: string;
  /**
   * `direct`: it was asked of the proxy's own port, by whatever name that is known to the client. `proxied` and `tls`:
   * of the site, through the proxy, in the clear or in a tunnel.
   */
  readonly way: 'direct' | 'proxied' | 'tls';
  /** Path and query, as they came. */
  readonly originForm: string;
  /** Fields of the request. */
  readonly host: string | undefined;
  readonly acceptLanguage: string | undefined;
  readonly secFetchSite: string | undefined;
};
