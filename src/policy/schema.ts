import { z } from 'zod';
import { parseDomainPattern } from './domain-pattern.ts';
import { parseNetwork } from './network.ts';
import { parseRequestUrl } from './request-url.ts';
import type { Result } from './result.ts';

/**
 * The policy language. This one schema gives the types, the checks and their messages; `parse` adds the places.
 * Whatever it does not know is an error, so that a misspelt key can never switch a rule off.
 */

/** Text that one of our parsers turns into a value, its problem and hint reported at the text's own place. */
export const parsedBy = <T>(parse: (text: string) => Result<T, { problem: string; hint: string }>) =>
  z.string().transform((text, context): T => {
    const result = parse(text);
    if (result.ok) return result.value;
    context.addIssue({ code: 'custom', message: result.error.problem, params: { hint: result.error.hint } });
    return z.NEVER;
  });

const identifier = z.string().check((context) => {
  if (/^[a-z0-9][a-z0-9-]{0,63}$/.test(context.value)) return;
  context.issues.push({
    code: 'custom',
    input: context.value,
    message: `\`${context.value.slice(0, 64)}\` is not an identifier`,
    params: { hint: 'use lower-case letters, digits and `-`, such as trade-ministry' },
  });
});

const nonEmpty = z.string().trim().min(1, 'write a text');

const localizedText = z
  .union([nonEmpty.transform((en) => ({ en })), z.strictObject({ en: nonEmpty, ko: nonEmpty }).partial()], {
    error: 'write a text, or { en: …, ko: … }',
  })
  .refine((text) => Object.keys(text).length > 0, {
    error: 'the text is empty',
    params: { hint: 'write `en`, `ko` or both' },
  });

const webUrl = z.url({ protocol: /^https?$/, error: 'write a whole URL, https://…' });
const port = z.int().min(1, 'a port is at least 1').max(65_535, 'a port is at most 65535');
const instant = z.iso
  .datetime({ offset: true, error: 'write date, time and offset, such as 2026-12-31T18:00:00+09:00' })
  .transform((text) => Date.parse(text));

const domainPattern = parsedBy(parseDomainPattern);
const network = parsedBy(parseNetwork);
const requestUrl = parsedBy(parseRequestUrl);
const country = z.string().regex(/^[A-Z]{2}$/, 'write a two-letter country code, such as CN');
const mode = z.enum(['enforce', 'observe']);
const action = z.enum(['allow', 'block']);

const serviceSelector = z.union(
  [
    z.array(identifier).min(1, 'list at least one, or remove the key'),
    z
      .strictObject({
        category: z.array(identifier).min(1, 'list at least one, or remove the key'),
        operator: z.array(nonEmpty).min(1, 'list at least one, or remove the key'),
        jurisdiction: z.array(country).min(1, 'list at least one, or remove the key'),
      })
      .partial()
      .refine((selector) => Object.keys(selector).length > 0, {
        error: 'the selector is empty, which would select every service',
        params: { hint: 'say `category:`, `operator:` or `jurisdiction:`' },
      }),
  ],
  { error: 'write a list of services, or { category: [...], operator: [...], jurisdiction: [...] }' },
);

const target = z
  .strictObject({
    services: serviceSelector,
    domains: z.array(domainPattern).min(1, 'list at least one, or remove the key'),
  })
  .partial()
  .refine((what) => what.services !== undefined || what.domains !== undefined, {
    error: 'nothing is listed here',
    params: { hint: 'list `services:` or `domains:`' },
  });

const audience = {
  users: z.array(nonEmpty),
  groups: z.array(nonEmpty),
  networks: z.array(network),
};

const alternative = z.strictObject({ title: localizedText, url: webUrl });

const rule = z
  .strictObject({
    id: identifier,
    block: target.optional(),
    allow: target.optional(),
    ports: z.array(port).min(1, 'list at least one, or remove the key').optional(),
    unless: z
      .strictObject({ ...audience, domains: z.array(domainPattern) })
      .partial()
      .optional(),
    locked: z.boolean().optional(),
    mode: mode.optional(),
    status: z.literal([403, 451]).optional(),
    reason: localizedText.optional(),
    reference: nonEmpty.optional(),
    alternatives: z.array(alternative).optional(),
  })
  .check((context) => {
    const { block, allow, ...rest } = context.value;
    const issue = (path: string[], message: string, hint: string) =>
      context.issues.push({ code: 'custom', input: context.value, path, message, params: { hint } });
    if ((block === undefined) === (allow === undefined))
      issue(
        ['id'],
        block === undefined ? 'the rule neither blocks nor allows' : 'the rule both blocks and allows',
        'write either `block:` or `allow:`',
      );
    if (allow === undefined) return;
    for (const key of BLOCK_ONLY)
      if (rest[key] !== undefined)
        issue([key], `an allow rule has no \`${key}\``, 'remove it, or make the rule a block');
  });

/** Keys that say something about blocking, and nothing about allowing. */
const BLOCK_ONLY = ['locked', 'mode', 'status', 'reason', 'reference', 'alternatives'] as const;

const exception = z.strictObject({
  id: identifier,
  allow: target,
  for: z
    .strictObject(audience)
    .partial()
    .refine((people) => Object.values(people).some((list) => list !== undefined && list.length > 0), {
      error: 'the exception is for nobody',
      params: { hint: 'list `users:`, `groups:` or `networks:`' },
    }),
  until: instant,
  approvedBy: nonEmpty,
  ticket: nonEmpty.optional(),
});

const test = z.strictObject({
  request: requestUrl,
  client: z.union([z.ipv4(), z.ipv6()], { error: 'write an IP address' }).optional(),
  user: nonEmpty.optional(),
  groups: z.array(nonEmpty).optional(),
  at: instant.optional(),
  expect: z.enum(['forward', 'block']),
  rule: identifier.optional(),
});

const contact = z
  .strictObject({ email: z.email('write an e-mail address'), phone: nonEmpty, url: webUrl })
  .partial();

/** What a department may inherit from the bases that it extends. */
const inheritable = {
  extends: z.array(identifier).optional(),
  default: action.optional(),
  mode: mode.optional(),
  contact: contact.optional(),
  rules: z.array(rule).optional(),
  exceptions: z.array(exception).optional(),
};

export const departmentSchema = z.strictObject({
  department: identifier,
  title: localizedText,
  members: z
    .strictObject({ networks: z.array(network) })
    .partial()
    .optional(),
  ...inheritable,
  tests: z.array(test).optional(),
});

export const baseSchema = z.strictObject({ base: identifier, ...inheritable });

export const catalogSchema = z.strictObject({
  services: z.array(
    z.strictObject({
      id: identifier,
      title: nonEmpty,
      operator: nonEmpty,
      jurisdiction: country,
      category: z.array(identifier).min(1, 'list at least one, or remove the key'),
      domains: z.array(domainPattern).min(1, 'list at least one, or remove the key'),
      note: nonEmpty.optional(),
    }),
  ),
});

export type DepartmentFile = z.output<typeof departmentSchema>;
export type BaseFile = z.output<typeof baseSchema>;
export type CatalogFile = z.output<typeof catalogSchema>;
export type RuleEntry = z.output<typeof rule>;
export type ExceptionEntry = z.output<typeof exception>;
export type Target = z.output<typeof target>;
export type AudienceEntry = {
  readonly [key in keyof typeof audience]?: z.output<(typeof audience)[key]> | undefined;
};
