import type { BlockReason } from '../../policy/decide.ts';
import { addressLiteral, type Host } from '../../policy/host.ts';
import type { Opening } from './opening.ts';

/** What may pass through a tunnel, whatever the policies say. The first of each pair is the default. */
export type TunnelSettings = {
  /** For a tunnel that does not begin with a ClientHello. */
  readonly notTls: 'refuse' | 'allow';
  /** For a ClientHello without a server name. */
  readonly noSni: 'refuse' | 'allow';
  /** For a server name that is not the host of the CONNECT; `decide` asks the policies about that name. */
  readonly sniMismatch: 'refuse' | 'decide';
  /** For an encrypted ClientHello; `outer` judges it by the name that can be read. */
  readonly ech: 'outer' | 'refuse';
  /** For a CONNECT to an address in place of a name. */
  readonly addressLiterals: 'refuse' | 'allow';
  /** Ports on which a tunnel may carry anything, unseen. */
  readonly plainPorts: readonly number[];
};

/** What an opening says that its CONNECT did not. */
export type OpeningVerdict =
  /** Nothing: the CONNECT's decision covers it. */
  | { readonly kind: 'as-asked' }
  /** Something that no policy allows. `serverName` is the name in it, as far as it could be read. */
  | { readonly kind: 'refused'; readonly reason: BlockReason; readonly serverName?: string }
  /** Another name, which is for the policies to decide on. */
  | { readonly kind: 'other-name'; readonly host: Host };

/** An opening that needs a decision of its own. */
export type Deviation = Exclude<OpeningVerdict, { kind: 'as-asked' }>;

const AS_ASKED: OpeningVerdict = { kind: 'as-asked' };
const NOT_TLS: OpeningVerdict = { kind: 'refused', reason: { code: 'not-tls' } };

/** Holds an opening against the host that the CONNECT asked for. One that is `gone` opens nothing. */
export function judgeOpening(
  opening: Exclude<Opening, { kind: 'gone' }>,
  asked: Host,
  settings: TunnelSettings,
): OpeningVerdict {
  switch (opening.kind) {
    case 'not-tls':
      return settings.notTls === 'allow' ? AS_ASKED : NOT_TLS;
    case 'malformed':
      return unreadable(opening.problem);
    case 'late': // whatever is allowed: whoever has let this time pass could send a ClientHello unseen afterwards
      return opening.hasBegun ? unreadable('it did not come to its end in time') : NOT_TLS;
    case 'hello':
      if (opening.hasEch && settings.ech === 'refuse')
        return { kind: 'refused', reason: { code: 'ech-forbidden' }, ...namedIn(opening) };
      return judgeServerName(opening.serverName, asked, settings);
  }
}

type Hello = Extract<Opening, { kind: 'hello' }>;

function judgeServerName(
  serverName: Hello['serverName'],
  asked: Host,
  settings: TunnelSettings,
): OpeningVerdict {
  const isAddress = addressLiteral(asked) !== undefined;
  switch (serverName.kind) {
    case 'absent': // as it must be for an address (RFC 6066 section 3)
      return isAddress || settings.noSni === 'allow'
        ? AS_ASKED
        : { kind: 'refused', reason: { code: 'sni-missing' } };
    case 'invalid':
      return mismatch(serverName.text);
    case 'host': {
      const { host } = serverName;
      if (host === asked) return AS_ASKED;
      // An address has no name of its own: the server's is the first that is heard of it.
      return isAddress || settings.sniMismatch === 'decide' ? { kind: 'other-name', host } : mismatch(host);
    }
  }
}

/** Whether a ClientHello names another host than this one, or what is none. */
export function namesAnother({ serverName }: Hello, host: Host): boolean {
  switch (serverName.kind) {
    case 'absent':
      return false;
    case 'invalid':
      return true;
    case 'host':
      return serverName.host !== host;
  }
}

const unreadable = (problem: string): OpeningVerdict => ({
  kind: 'refused',
  reason: { code: 'client-hello-unreadable', problem },
});

const mismatch = (sni: string): OpeningVerdict => ({
  kind: 'refused',
  reason: { code: 'sni-mismatch', sni },
  serverName: sni,
});

function namedIn({ serverName }: Hello): { readonly serverName?: string } {
  switch (serverName.kind) {
    case 'absent':
      return {};
    case 'invalid':
      return { serverName: serverName.text };
    case 'host':
      return { serverName: serverName.host };
  }
}
