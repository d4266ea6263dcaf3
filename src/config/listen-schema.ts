import net from 'node:net';
import { z } from 'zod';
import { network } from '../policy/language/schema.ts';
import { addressBytes, canonicalAddress } from '../policy/network.ts';
import { address, path, port } from './values.ts';

const listenerTls = z
  .strictObject({
    cert: path.describe("The proxy's certificate, and those between it and its CA, in PEM. Required."),
    key: path.describe('Its private key, in PEM. Required.'),
    clientCa: path
      .optional()
      .describe(
        'CAs in PEM: every client must show a certificate of one of them. Default: none is asked for.',
      ),
  })
  .meta({ examples: [{ cert: 'proxy.crt', key: 'proxy.key' }] });

const loadBalancers = network.superRefine((from, context) => {
  if (from.prefix > 0) return;
  const message = 'everybody could say that they are somebody else';
  context.addIssue({
    code: 'custom',
    message,
    params: { hint: 'list the addresses of your load balancers' },
  });
});

const proxyProtocol = z
  .strictObject({
    from: z
      .array(loadBalancers)
      .min(1, 'name at least one network')
      .describe(
        'The load balancers: networks whose PROXY headers are believed. Nobody else may connect. Required.',
      ),
  })
  .meta({ examples: [{ from: ['10.1.0.8/31'] }] });

const listener = z
  .strictObject({
    host: address.default('127.0.0.1').describe('The address to listen on. Default: 127.0.0.1.'),
    port: port.default(3128).describe('The port to listen on; 0 takes a free one. Default: 3128.'),
    tls: listenerTls.optional().describe('Clients speak TLS to the proxy. Default: they do not.'),
    proxyProtocol: proxyProtocol
      .optional()
      .describe('Load balancers connect, with a PROXY header (version 1 or 2). Default: clients connect.'),
  })
  .meta({ examples: [{ port: 3128 }] });

/** Where clients connect, and what stands before HTTP there. */
export const listenSchema = z
  .array(listener)
  .min(1, 'name at least one address to listen on')
  .check(({ value, issues }) => {
    for (const [index, one] of value.entries())
      if (value.slice(0, index).some((earlier) => collide(earlier, one)))
        issues.push({
          code: 'custom',
          input: one,
          path: [index],
          message: `${net.isIPv6(one.host) ? `[${one.host}]` : one.host}:${one.port} is listened on already, by an entry before this one`,
          params: { hint: 'give it a port of its own, or remove one of the two' },
        });
  })
  .meta({ examples: [[{ port: 3128 }]] });

type Listening = { readonly host: string; readonly port: number };

/** The kernel takes an address and port once, and with `0.0.0.0` all of IPv4; `::` takes IPv4 as well. */
function collide(a: Listening, b: Listening): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  const hasAll = (one: Listening, other: Listening): boolean =>
    one.host === '0.0.0.0' ? net.isIPv4(other.host) : addressBytes(one.host)?.join() === ALL_OF_IPV6;
  const nameOf = ({ host }: Listening): string => canonicalAddress(host) ?? host; // with a zone it is none
  return nameOf(a) === nameOf(b) || hasAll(a, b) || hasAll(b, a);
}

const ALL_OF_IPV6 = new Array<number>(16).fill(0).join();
