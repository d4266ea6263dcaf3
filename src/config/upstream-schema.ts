import { z } from 'zod';
import type { Host } from '../policy/host.ts';
import { domainPattern } from '../policy/language/schema.ts';
import { parseAuthority } from '../policy/request-url.ts';
import { fail, type Result, succeed } from '../policy/result.ts';
import { path } from './values.ts';

/** Where a parent proxy listens, and whether TLS is spoken with it. */
export type ParentUrl = { readonly scheme: 'http' | 'https'; readonly host: Host; readonly port: number };

/** A request tries one after the other of them; more than a few would only make people wait. */
const MAX_PROXIES = 8;

const URL_HINT = 'write http:// or https://, a host and a port, such as http://parent.example:3128';
const PARENT_URL = /^(?<scheme>https?):\/\/(?<authority>[^/?#]*)\/?$/i;

function parseParentUrl(text: string): Result<ParentUrl, { problem: string; hint: string }> {
  if (text.includes('@'))
    // first: no later message may show them
    return fail({
      problem: 'the URL carries credentials',
      hint: 'write them as `username` and `passwordFile`',
    });
  const parts = PARENT_URL.exec(text)?.groups;
  if (parts === undefined) return fail({ problem: `\`${text}\` is not the URL of a proxy`, hint: URL_HINT });
  const authority = parseAuthority(parts.authority ?? '');
  if (!authority.ok)
    return fail({ problem: `\`${text}\`: ${authority.error.problem}`, hint: authority.error.hint });
  const { host, port } = authority.value;
  // Programs differ about the port of a proxy that names none: 80, 1080, 3128.
  if (port === undefined) return fail({ problem: `\`${text}\` names no port`, hint: URL_HINT });
  return succeed({ scheme: parts.scheme?.toLowerCase() === 'https' ? 'https' : 'http', host, port });
}

const parentUrl = z
  .string()
  .meta({ pattern: /^[Hh][Tt][Tt][Pp][Ss]?:\/\/[^@]+$/.source, patternErrorMessage: URL_HINT })
  .transform((text, context): ParentUrl => {
    const url = parseParentUrl(text);
    if (url.ok) return url.value;
    context.addIssue({ code: 'custom', message: url.error.problem, params: { hint: url.error.hint } });
    return z.NEVER;
  });

/** RFC 7617 section 2: the first colon ends the user's name, and neither part holds a control character. */
const username = z
  .string()
  .min(1, 'must not be empty')
  .refine((text) => !/[:\p{Cc}]/u.test(text), {
    error: 'the name of a user for Basic holds no colon and no control character',
    params: { hint: 'write the name alone; the password goes into a file of its own' },
  });

const parent = z
  .strictObject({
    url: parentUrl.describe('http:// or https://, the host and the port of the proxy.'),
    ca: path
      .optional()
      .describe('PEM file of the only CAs that are trusted for an https proxy. Default: those of Node.'),
    username: username.optional().describe('The user by which Postern makes itself known (Basic).'),
    passwordFile: path
      .optional()
      .describe("File with that user's password, which others than its owner and group cannot read."),
  })
  .check(({ value, issues }) => {
    const report = (key: 'ca' | 'username' | 'passwordFile', message: string, hint: string): void => {
      issues.push({ code: 'custom', input: value, path: [key], message, params: { hint } });
    };
    if (value.ca !== undefined && value.url.scheme === 'http')
      report('ca', 'there is no TLS with this proxy, so no CA', 'write https:// in its url, or remove `ca`');
    if (value.username !== undefined && value.passwordFile === undefined)
      report('username', 'a user without a password', 'add `passwordFile`');
    if (value.passwordFile !== undefined && value.username === undefined)
      report('passwordFile', 'a password without a user', 'add `username`');
  });

const PROXIES_EXAMPLE = [{ url: 'http://parent.example:3128' }];
export const ROUTE_EXAMPLE = { proxies: PROXIES_EXAMPLE };

/** The first entry that fits a request says by what way it goes. */
export const upstreamSchema = z.array(
  z
    .strictObject({
      domains: z
        .array(domainPattern)
        .min(1, 'name at least one domain, or remove the key')
        .optional()
        .describe('Hosts that go this way. Default: all.'),
      departments: z
        .array(z.string())
        .min(1, 'name at least one department, or remove the key')
        .optional()
        .describe('Departments whose requests go this way. Default: all.'),
      resolve: z
        .enum(['parent', 'local'])
        .default('parent')
        .describe('Who looks names up: local does it here too, and checks the addresses. Default: parent.'),
      proxies: z
        .array(
          z.union([z.literal('direct'), parent], {
            error: 'write `direct`, or a mapping such as { url: "http://parent.example:3128" }',
          }),
        )
        .min(1, 'name at least one proxy, or `direct`')
        .max(MAX_PROXIES, `at most ${MAX_PROXIES} are tried`)
        .describe('Proxies in the order to try them; `direct` is the way without one.')
        .meta({ examples: [PROXIES_EXAMPLE] }),
    })
    .meta({ examples: [ROUTE_EXAMPLE] }),
);

export type UpstreamEntry = z.output<typeof upstreamSchema>[number];
export type ParentEntry = Exclude<UpstreamEntry['proxies'][number], 'direct'>;
