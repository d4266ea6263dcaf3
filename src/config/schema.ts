import net from 'node:net';
import { z } from 'zod';
import { parseDomainPattern } from '../policy/domain-pattern.ts';
import { parseHost } from '../policy/host.ts';
import { parseNetwork } from '../policy/network.ts';
import { parsedBy } from '../policy/schema.ts';

/** The configuration file. Unknown keys are errors: a misspelt setting must not leave a default in force unseen. */

const path = z.string().min(1, 'must not be empty');
const port = z.int().min(0, 'a port is at least 0').max(65_535, 'a port is at most 65535');
const address = z.string().refine((text) => net.isIP(text) !== 0, {
  error: ({ input }) => `\`${input}\` is not an IP address`,
  params: { hint: 'write an IPv4 or IPv6 address without brackets' },
});
const nameServer = z
  .string()
  .refine((text) => /^(?:[\d.]+|\[[\da-f:.]+\])(?::\d{1,5})?$|^[\da-f:]+$/i.test(text), {
    error: ({ input }) => `\`${input}\` is not a name server`,
    params: { hint: 'write its address, such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:53' },
  });
const hostName = z.string().transform((text, context) => {
  const host = parseHost(text);
  if (host.ok) return host.value;
  context.addIssue({ code: 'custom', message: host.error.problem, params: { hint: host.error.hint } });
  return z.NEVER;
});

const dns = z.strictObject({
  /** Name servers to ask instead of the system's resolver. */
  servers: z.array(nameServer).default([]),
  /** Names with fixed addresses. */
  hosts: z
    .record(hostName, z.array(address).min(1, 'name at least one address'), {
      error: ({ code }) => (code === 'invalid_key' ? 'what stands here is a host name' : undefined),
    })
    .default({}),
});

const egress = z.strictObject({
  connectPorts: z
    .array(port.min(1, 'a port is at least 1'))
    .min(1, 'name at least one port')
    .default([443, 8443]),
  internalNetworks: z.array(parsedBy(parseNetwork)).default([]),
  internalNames: z.array(parsedBy(parseDomainPattern)).default([]),
  dns: dns.prefault({}),
});

const log = z.strictObject({
  /** Default: `log` in the state folder. */
  dir: path.optional(),
  fsync: z.enum(['never', 'always']).default('never'),
  onError: z.enum(['block', 'continue']).default('block'),
});

export const configSchema = z.strictObject({
  listen: z
    .array(z.strictObject({ host: address.default('127.0.0.1'), port: port.default(3128) }))
    .min(1, 'name at least one address to listen on')
    .prefault([{}]),
  policies: path.default('./policies'),
  certs: path.default('./certs'),
  state: path.default('./var'),
  /** How many processes share the work. This version runs one, whichever of the two is written. */
  workers: z.literal(['auto', 1]).default('auto'),
  egress: egress.prefault({}),
  log: log.prefault({}),
  blockPage: z.strictObject({ https: z.enum(['page', 'refuse']).default('page') }).prefault({}),
});

/** Settings that are paths, by their place in the file. */
export const PATH_SETTINGS: readonly (readonly string[])[] = [
  ['policies'],
  ['certs'],
  ['state'],
  ['log', 'dir'],
];
