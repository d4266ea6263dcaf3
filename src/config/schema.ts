import { z } from 'zod';
import { parseHost } from '../policy/host.ts';
import { domainPattern, network } from '../policy/language/schema.ts';
import { BAD_PORTS } from './bad-ports.ts';
import { limits, numberOrAuto } from './limits.ts';
import { listenSchema } from './listen-schema.ts';
import { directFault, pacSchema } from './pac-schema.ts';
import { ROUTE_EXAMPLE, upstreamSchema } from './upstream-schema.ts';
import { address, path, port } from './values.ts';

/**
 * The configuration file. Unknown keys are errors: a misspelt setting must not leave a default in force unseen.
 * Descriptions and `meta` are for editors (`policy/language/json-schema`), and never refuse what the checks accept.
 */

const NAME_SERVER = /^(?:[\d.]+|\[[\dA-Fa-f:.]+\])(?::\d{1,5})?$|^[\dA-Fa-f:]+$/;
const NAME_SERVER_HINT = 'write its address, such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:53';
const nameServer = z
  .string()
  .refine((text) => NAME_SERVER.test(text), {
    error: ({ input }) => `\`${input}\` is not a name server`,
    params: { hint: NAME_SERVER_HINT },
  })
  .meta({ pattern: NAME_SERVER.source, patternErrorMessage: NAME_SERVER_HINT });
const hostName = z.string().transform((text, context) => {
  const host = parseHost(text);
  if (host.ok) return host.value;
  if (text.includes('*')) {
    const hint = 'names are exact here: write each of them, without `*`';
    context.addIssue({ code: 'custom', message: `\`${text}\` is no single host`, params: { hint } });
    return z.NEVER;
  }
  context.addIssue({ code: 'custom', message: host.error.problem, params: { hint: host.error.hint } });
  return z.NEVER;
});

const dns = z.strictObject({
  servers: z
    .array(nameServer)
    .default([])
    .describe("Name servers to ask in place of the system's resolver. Default: none."),
  hosts: z
    .record(hostName, z.array(address).min(1, 'name at least one address'))
    .default({})
    .describe('Names with fixed addresses. Default: none.')
    .meta({ examples: [{ 'wiki.intranet.example': ['10.1.2.3'] }] }),
});

const tunnels = z.strictObject({
  notTls: z
    .enum(['refuse', 'allow'])
    .default('refuse')
    .describe('For a tunnel that does not begin with a TLS ClientHello. Default: refuse.'),
  noSni: z
    .enum(['refuse', 'allow'])
    .default('refuse')
    .describe('For a ClientHello without a server name. Default: refuse.'),
  sniMismatch: z
    .enum(['refuse', 'decide'])
    .default('refuse')
    .describe('For a server name that is not the host asked for: decide asks the policies. Default: refuse.'),
  ech: z
    .enum(['outer', 'refuse'])
    .default('outer')
    .describe('For an encrypted ClientHello: outer judges it by the name that can be read. Default: outer.'),
  addressLiterals: z
    .enum(['refuse', 'allow'])
    .default('refuse')
    .describe(
      'For a tunnel to an address that neither a policy nor internalNetworks names. Default: refuse.',
    ),
  plainPorts: z
    .array(port.min(1, 'a port is at least 1'))
    .default([])
    .describe('Ports of connectPorts on which a tunnel may carry anything, unseen. Default: none.'),
});

const egress = z
  .strictObject({
    connectPorts: z
      .array(port.min(1, 'a port is at least 1'))
      .min(1, 'name at least one port')
      .default([443, 8443])
      .describe('Ports to which a tunnel may lead. Default: [443, 8443].')
      .meta({ examples: [[443, 8443]] }),
    forbiddenHttpPorts: z
      .array(port.min(1, 'a port is at least 1'))
      .default([...BAD_PORTS])
      .describe(
        'Ports to which plain HTTP may not lead. Default: those that browsers refuse (mail, SSH, chat …).',
      ),
    internalNetworks: z
      .array(network)
      .default([])
      .describe('Special networks to which any name may lead. Default: none.'),
    internalNames: z
      .array(domainPattern)
      .default([])
      .describe('Hosts that may lead to special networks. Default: none.'),
    tunnels: tunnels.prefault({}).describe('What may pass through a tunnel.'),
    dns: dns.prefault({}).describe("How names are looked up. Default: by the system's resolver."),
    upstream: upstreamSchema
      .default([])
      .describe(
        'Parent proxies: the first entry that fits a request carries it. Default: none, all go direct.',
      )
      .meta({ examples: [[ROUTE_EXAMPLE]] }),
  })
  .check(({ value, issues }) => {
    for (const [index, port] of value.tunnels.plainPorts.entries())
      if (!value.connectPorts.includes(port))
        issues.push({
          code: 'custom',
          input: port,
          path: ['tunnels', 'plainPorts', index],
          message: `no tunnel may lead to port ${port}, so nothing passes there`,
          params: { hint: 'add it to `connectPorts`, or take it out here' },
        });
  });

const log = z.strictObject({
  dir: path.optional().describe('The folder of the decision log. Default: log in the state folder.'),
  fsync: z
    .enum(['never', 'always'])
    .default('never')
    .describe('always: each write is on the disk before a request goes on. Default: never.'),
  onError: z
    .enum(['block', 'continue'])
    .default('block')
    .describe('While the log cannot be written: block refuses every request. Default: block.'),
});

/** Nothing that ends an attribute, and no place in the host: whose page it is, is not for a request to say. */
const REQUEST_URL = /^https?:\/\/[\w.:[\]-]+(?:[/?#](?:[\w.~!$&()*+,;=:@%/?#-]|\{(?:code|host)\})*)?$/;
const REQUEST_URL_HINT = 'write a whole URL, such as https://help.example/ask?code={code}&host={host}';
const requestUrl = z
  .string()
  .refine((text) => REQUEST_URL.test(text) && URL.canParse(text), {
    error: ({ input }) => `\`${input}\` is no URL for requests`,
    params: { hint: REQUEST_URL_HINT },
  })
  .meta({ pattern: REQUEST_URL.source, patternErrorMessage: REQUEST_URL_HINT });

const blockPage = z.strictObject({
  https: z
    .enum(['page', 'refuse'])
    .default('page')
    .describe('page shows the block page inside a blocked tunnel, refuse answers 403. Default: page.'),
  templates: path.optional().describe('The folder of page templates, NAME.html. Default: the page built in.'),
  languages: path
    .optional()
    .describe('The folder of further languages of the pages, such as ja.yaml. Default: English and Korean.'),
  logo: path.optional().describe('The image on the pages: an SVG or PNG of at most 16 kB. Default: none.'),
  requestUrl: requestUrl
    .optional()
    .describe('Where one asks for access; {code} and {host} are filled in. Default: no such link.'),
});

const settings = z.strictObject({
  listen: listenSchema.prefault([{}]).describe('Where clients connect. Default: 127.0.0.1, port 3128.'),
  policies: path.default('./policies').describe('The policy folder. Default: ./policies.'),
  certs: path.default('./certs').describe('The folder of the CA. Default: ./certs.'),
  certsPassphraseFile: path
    .optional()
    .describe("A file with the passphrase of the CA's key. Default: none, the key is not encrypted."),
  state: path.default('./var').describe('The folder of the control socket, and of the log. Default: ./var.'),
  workers: numberOrAuto(
    { min: 1, max: 256 },
    'How many processes share the work. auto: one for each core, as far as there is memory.',
  ),
  egress: egress.prefault({}).describe('What may be reached, whatever the policies say.'),
  log: log.prefault({}).describe('The decision log.'),
  blockPage: blockPage.prefault({}).describe('How a block is shown.'),
  pac: pacSchema.prefault({}).describe('The PAC file, by which browsers find the proxy.'),
  limits: limits.prefault({}).describe('How much, how many and how long.'),
});

export const configSchema = settings.check(({ value: { pac, egress }, issues }) => {
  const fault = directFault(pac.direct, egress);
  if (fault === undefined) return;
  const { problem: message, hint } = fault;
  issues.push({ code: 'custom', input: pac.direct, path: ['pac', 'direct'], message, params: { hint } });
});

/** Settings that are paths, by their place in the file; `*` is each entry of a list. */
export const PATH_SETTINGS: readonly (readonly string[])[] = [
  ['listen', '*', 'tls', 'cert'],
  ['listen', '*', 'tls', 'key'],
  ['listen', '*', 'tls', 'clientCa'],
  ['policies'],
  ['certs'],
  ['certsPassphraseFile'],
  ['state'],
  ['log', 'dir'],
  ['blockPage', 'templates'],
  ['blockPage', 'languages'],
  ['blockPage', 'logo'],
  ['egress', 'upstream', '*', 'proxies', '*', 'ca'],
  ['egress', 'upstream', '*', 'proxies', '*', 'passwordFile'],
];
