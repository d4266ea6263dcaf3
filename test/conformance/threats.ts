/** A way in which proxies like this one get bypassed, crashed or abused. Tests name its id in a `Covers:` comment. */
export type Threat = {
  readonly id: string;
  readonly title: string;
  /** Why no test proves it: what it is about does not exist here, or we cannot stand against it. */
  readonly instead?: string;
};

type Row = readonly [id: string, title: string, instead?: string];

const ROWS: readonly Row[] = [
  [
    'EV-01',
    'An allowed host’s tunnel carries requests for a blocked one at the same server (domain fronting)',
    'not met: nothing looks inside an allowed tunnel; the server name of its handshake is held against the CONNECT (EV-07), and a Host within the encryption is not seen, as flows/tunnel-opening shows',
  ],
  ['EV-02', 'A TLS session of one name is resumed under another, past the place that looks at names'],
  ['EV-03', 'A later request on an allowed connection names a blocked host'],
  [
    'EV-04',
    'A blocked host in another spelling: dots, case, escapes, full-width letters, brackets, user information',
  ],
  [
    'EV-05',
    'A NUL or another control character in a host, which one reader cuts off there and another does not',
  ],
  ['EV-06', 'A tunnel to the bare address of a blocked site'],
  ['EV-07', 'A TLS handshake without a server name, with another one, or with the true one encrypted'],
  ['EV-08', 'A ClientHello in many pieces, so that nobody sees its name'],
  ['EV-09', 'The target says one host and Host another, or there are two of them'],
  ['EV-10', 'A request hidden in another, by framing that two servers read in two ways'],
  ['EV-11', 'The proxy as the way to internal addresses, cloud metadata, or itself, in odd spellings'],
  [
    'EV-12',
    'A name that is looked up twice and leads elsewhere the second time; a lookup that tells of a blocked name',
  ],
  ['EV-13', 'What fails leads to a pass: an empty list, an unknown department, a broken reload'],
  ['EV-14', 'A client that passes for another department by a header or an address line'],
  ['EV-15', 'Services that relay to blocked ones: web proxies, translators, DNS over HTTPS, VPNs'],
  ['EV-16', 'Tunnels and requests to ports of other services, or to a port number that wraps round'],
  ['EV-17', 'Something other than TLS in a tunnel to a TLS port'],
  ['EV-18', 'Bytes sent before the tunnel is granted, or as the content of a CONNECT'],
  ['EV-19', 'Input that ends the process: resets, errors nobody listens for, exceptions on odd values'],
  [
    'EV-20',
    'An exception inside a TLS callback that ends the process',
    'no code of ours runs inside a handshake: the context for a host is chosen before it begins, and the server has no SNI or ALPN callback',
  ],
  ['EV-21', 'A bad certificate of an origin hidden behind a good one of the proxy’s'],
  ['EV-22', 'The CA’s key read, copied or used for other names'],
  ['EV-23', 'A certificate minted for a wildcard, an address or a crafted name'],
  ['EV-24', 'Names without end, each of which costs a certificate'],
  ['EV-25', 'Script in the block page, which runs in the blocked site’s origin'],
  ['EV-26', 'A block page that outlives its block in a cache, or sets something in another’s name'],
  ['EV-27', 'Forged lines and terminal codes in the log'],
  ['EV-28', 'Attempts that leave no line in the log'],
  [
    'EV-29',
    'Formulas in exports for spreadsheets',
    'not applicable yet: no export; docs/log-format.md says which fields to leave out of one’s own',
  ],
  [
    'EV-30',
    'The administration reached by way of a browser or of the proxy itself',
    'not applicable yet: no console; the control socket is a file that only its owner can open',
  ],
  ['EV-31', 'Heads, bodies and handshakes that come too slowly, or never end'],
  ['EV-32', 'Idle tunnels that use up the open files, and connections that are never closed'],
  ['EV-33', 'An origin that answers with endless, broken, truncated or unasked messages'],
  ['EV-34', 'Requests that go round in a circle, through other names or two proxies'],
  ['EV-35', 'Fields about the connection used to strip others, or credentials for the proxy passed on'],
  ['EV-36', 'An upgrade to a protocol in which nobody decides any more'],
  ['EV-37', 'Rules that cover more than their author thought'],
  ['EV-38', 'Policy files that exhaust the parser or mean something else than they say'],
  ['EV-39', 'A pattern or a host that makes matching slow'],
  ['EV-40', 'Policy files that are links, half written, or swapped while they are read'],
  ['EV-41', 'Ways around the proxy that a site announces'],
  ['EV-42', 'A redirect from an allowed host to a blocked one or inside'],
  ['EV-43', 'Packages that are built in: known faults, and others put in their place'],
  ['EV-44', 'Answers whose content or timing tells of other departments’ rules'],
];

export const THREATS: readonly Threat[] = ROWS.map(([id, title, instead]) => ({
  id,
  title,
  ...(instead === undefined ? {} : { instead }),
}));
