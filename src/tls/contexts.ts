import { constants, createHash } from 'node:crypto';
import { createSecureContext, DEFAULT_CIPHERS, type SecureContext } from 'node:tls';
import type { Authority } from './authority.ts';
import { createLeafIssuer, type Leaf } from './leaf.ts';

export type LeafContexts = {
  /** Takes a host name that a leaf can name (`createLeafIssuer`) and throws a RangeError for others. */
  readonly contextFor: (host: string) => SecureContext;
  /** Whether the host's context is at hand: then `contextFor` signs nothing. */
  readonly has: (host: string) => boolean;
};

type Entry = { readonly context: SecureContext; readonly renewAt: number };

const DAY = 86_400_000;

/**
 * TLS server contexts, one a host, each with a leaf for that host. The `capacity` most recently used are kept, because
 * a new one costs a signature and about half a millisecond; one whose leaf has less than a day left is made anew.
 */
export function createLeafContexts(
  authority: Authority,
  { capacity = 1024, clock }: { readonly capacity?: number; readonly clock: () => Date },
): LeafContexts {
  const issueLeaf = createLeafIssuer(authority);
  const authorityEnd = authority.certificate.validToDate.getTime();
  const entries = new Map<string, Entry>(); // in the order of use, the least recent first

  const createEntry = (host: string, now: Date): Entry => {
    const leaf = issueLeaf(host, now);
    const leafEnd = leaf.notAfter.getTime();
    // A leaf that ends with its CA cannot be had with a later end.
    return {
      context: createContext(host, leaf, authority.chain),
      renewAt: leafEnd < authorityEnd ? leafEnd - DAY : Infinity,
    };
  };

  const contextFor = (host: string): SecureContext => {
    const now = clock();
    const known = entries.get(host);
    const entry = isFresh(known, now) ? known : createEntry(host, now);
    entries.delete(host);
    entries.set(host, entry);
    for (const [oldest] of entries) {
      if (entries.size <= capacity) break;
      entries.delete(oldest);
    }
    return entry.context;
  };
  return { contextFor, has: (host) => isFresh(entries.get(host), clock()) };
}

const isFresh = (entry: Entry | undefined, now: Date): entry is Entry =>
  entry !== undefined && now.getTime() <= entry.renewAt;

/**
 * The client's own favourite would be the hybrid X25519MLKEM768, at a third more for the whole handshake. It would keep
 * from those who record today, and can break X25519 some day, a request to a site that may not be reached.
 */
const GROUPS = 'X25519:P-256:P-384:P-521';

/**
 * What browsers like best comes first for all: the key schedule and the transcript with SHA-256, for which processors
 * have instructions. Clients of OpenSSL, such as curl, would have SHA-384 (RFC 8446 appendix B.4). Who asks for ChaCha20
 * first has no AES in its processor, and gets it.
 */
const CIPHERS = `TLS_AES_128_GCM_SHA256:${DEFAULT_CIPHERS}`;

/**
 * A session must not resume for another host: the client would skip the certificate and believe that it talks to the
 * host it first saw (RFC 6066 section 3, RFC 8446 section 4.6.1). So nothing that a session could resume from is
 * shared: the context is the host's own, and session identifiers are bound to the host. Tickets are off; as Node keeps
 * no sessions in memory either, a context resumes nothing at all, and a block page loses little by that.
 */
function createContext(host: string, leaf: Leaf, chain: readonly string[]): SecureContext {
  return createSecureContext({
    cert: [leaf.certificatePem, ...chain].join(''),
    key: leaf.keyPem,
    minVersion: 'TLSv1.2',
    ciphers: CIPHERS,
    honorCipherOrder: true,
    ecdhCurve: GROUPS,
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_PRIORITIZE_CHACHA,
    // At most 32 bytes (SSL_MAX_SID_CTX_LENGTH), fewer than a host name may have.
    sessionIdContext: createHash('sha256').update(host).digest('hex').slice(0, 32),
  });
}
