import { z } from 'zod';
import { IDENTIFIER, isIdentifier } from '../identifier.ts';
import { parseDomainPattern } from '../matching/domain-pattern.ts';
import { parseHostPattern } from '../matching/host-pattern.ts';
import { parseNetwork } from '../network.ts';
import { parseRequestUrl } from '../request-url.ts';
import type { Result } from '../result.ts';
import { parseSchedule } from '../times/schedule.ts';

/**
 * The policy language. This one schema gives the types, the checks and their messages; `parse` adds the places.
 * Whatever it does not know is an error, so that a misspelt key can never switch a rule off. `json-schema` makes of it
 * what editors read: descriptions and `meta` are for them alone, and never refuse what the checks accept.
 */

/** For editors: how the text of a value looks at the least, what to write, and examples to complete from. */
function spelling(form: RegExp, hint: string, examples: readonly string[] = []) {
  return {
    pattern: form.source,
    patternErrorMessage: hint,
    ...(examples.length === 0 ? {} : { examples: [...examples] }),
  };
}

/** For editors: a mapping without keys says nothing. */
const SOMETHING = { minProperties: 1 };

/** For editors: a list without entries says nothing. */
const SOME = { minItems: 1 };

/** For editors: keys that have no place here, and why. */
export const without = (keys: readonly string[], why: string) => ({
  properties: Object.fromEntries(keys.map((key) => [key, false])),
  errorMessage: why,
});

/** Text that one of our parsers turns into a value, its problem and hint reported at the text's own place. */
const parsedBy = <T>(
  parse: (text: string) => Result<T, { problem: string; hint: string }>,
  meta: z.core.GlobalMeta,
) =>
  z
    .string()
    .meta(meta)
    .transform((text, context): T => {
      const result = parse(text);
      if (result.ok) return result.value;
      context.addIssue({
        code: 'custom',
        message: result.error.problem,
        params: { hint: result.error.hint },
      });
      return z.NEVER;
    });

const IDENTIFIER_HINT = 'use lower-case letters, digits and `-`, such as trade-ministry';

const identifier = z
  .string()
  .check((context) => {
    if (isIdentifier(context.value)) return;
    context.issues.push({
      code: 'custom',
      input: context.value,
      message: `\`${context.value.slice(0, 64)}\` is not an identifier`,
      params: { hint: IDENTIFIER_HINT },
    });
  })
  .meta(spelling(IDENTIFIER, IDENTIFIER_HINT));

const pageName = identifier.meta({ examples: ['default'] });

const nonEmpty = z.string().trim().min(1, 'write a text').meta(spelling(/\S/, 'write a text'));

const localizedText = z
  .union(
    [
      nonEmpty.transform((en) => ({ en })),
      z
        .strictObject({
          en: nonEmpty.describe('The text in English.'),
          ko: nonEmpty.describe('The text in Korean.'),
        })
        .partial()
        .meta(SOMETHING),
    ],
    { error: 'write a text, or { en: …, ko: … }' },
  )
  .refine((text) => Object.keys(text).length > 0, {
    error: 'the text is empty',
    params: { hint: 'write `en`, `ko` or both' },
  })
  .meta({ id: 'text', description: 'One text, which counts as English, or a text for each language.' });

const webUrl = z
  .url({ protocol: /^https?$/, error: 'write a whole URL, https://…' })
  .meta(spelling(/^\s*[hH][tT][tT][pP][sS]?:\/\//, 'write a whole URL, https://…'));
const port = z.int().min(1, 'a port is at least 1').max(65_535, 'a port is at most 65535');
const instant = z.iso
  .datetime({ offset: true, error: 'write date, time and offset, such as 2026-12-31T18:00:00+09:00' })
  .meta({
    patternErrorMessage: 'write date, time and offset, such as 2026-12-31T18:00:00+09:00',
    examples: ['2026-12-31T18:00:00+09:00'],
  })
  .transform((text) => Date.parse(text));

/** A list that would mean nothing if it were empty. */
const listOf = <T extends z.ZodType>(entry: T) =>
  z.array(entry).min(1, 'list at least one, or remove the key');

export const domainPattern = parsedBy(
  parseDomainPattern,
  spelling(
    /^(?:=|\*\.)?(?:\[[0-9A-Fa-f:.]+\]|[^\u0000-\u0020\u007f/?#@\\:*]+(?:\.\*)?)$/,
    'write a.b (it and its subdomains), =a.b (it alone), *.a.b (its subdomains) or a.* (any suffix)',
    ['example.org', '=www.example.org', '*.example.org', 'example.*'],
  ),
);
const hostPattern = parsedBy(parseHostPattern, { minLength: 1, examples: ['^ai[0-9]+\\.'] });
export const network = parsedBy(
  parseNetwork,
  spelling(/^[0-9A-Fa-f.:]+(?:\/\d{1,3})?$/, 'write an address or CIDR, such as 10.20.0.0/16', [
    '10.20.0.0/16',
    '2001:db8:20::/48',
  ]),
);
const requestUrl = parsedBy(
  parseRequestUrl,
  spelling(
    /^(?:[hH][tT][tT][pP]|[wW][sS])[sS]?:\/\/[^\u0000-\u0020\u007f/?#@\\]+(?:[/?#]|$)/,
    'write it whole, with http, https, ws or wss: https://chat.deepseek.com/',
    ['https://www.example.org/'],
  ),
);
const country = z
  .string()
  .regex(/^[A-Z]{2}$/, 'write a two-letter country code, such as CN')
  .meta({ patternErrorMessage: 'write a two-letter country code, such as CN', examples: ['CN', 'KR'] });
const mode = z.enum(['enforce', 'observe']);
const action = z.enum(['allow', 'block']);

const serviceSelector = z.union(
  [
    listOf(identifier),
    z
      .strictObject({
        category: listOf(identifier).describe('Services with any of these categories.'),
        operator: listOf(nonEmpty).describe('Services of any of these companies, spelt as in the catalog.'),
        jurisdiction: listOf(country).describe('Services of any of these countries, by two-letter code.'),
      })
      .partial()
      .meta(SOMETHING)
      .refine((selector) => Object.keys(selector).length > 0, {
        error: 'the selector is empty, which would select every service',
        params: { hint: 'say `category:`, `operator:` or `jurisdiction:`' },
      }),
  ],
  { error: 'write a list of services, or { category: [...], operator: [...], jurisdiction: [...] }' },
);

/** Which hosts: whatever is listed is joined by OR. */
const hosts = {
  services: serviceSelector.describe('Services of the catalog: a list of ids, or a selector joined by AND.'),
  domains: listOf(domainPattern).describe(
    'Domains: a.b with its subdomains, =a.b alone, *.a.b its subdomains, a.* under any public suffix.',
  ),
  categories: listOf(identifier).describe('Category lists, by the names of their files in lists/.'),
  addresses: listOf(network).describe('Networks in which the address lies, whether asked for or looked up.'),
  patterns: listOf(hostPattern).describe(
    'Regular expressions in RE2 syntax, found anywhere in the host unless anchored.',
  ),
};

const target = z
  .strictObject(hosts)
  .partial()
  .refine((what) => Object.values(what).some((listed) => listed !== undefined), {
    error: 'nothing is listed here',
    params: { hint: 'list `services:`, `domains:`, `categories:`, `addresses:` or `patterns:`' },
  })
  .meta({ id: 'hosts', ...SOMETHING });

const audience = {
  users: z.array(nonEmpty).describe('Names of users.'),
  groups: z.array(nonEmpty).describe('Names of groups.'),
  networks: z.array(network).describe('Networks from which clients connect: an address or CIDR.'),
};

const day = z
  .string()
  .meta(
    spelling(
      /^(?:mon|tue|wed|thu|fri|sat|sun)(?:-(?:mon|tue|wed|thu|fri|sat|sun))?$/,
      'write mon, tue, wed, thu, fri, sat or sun, or a range such as mon-fri',
      ['mon-fri', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
    ),
  );

const hourRange = z
  .string()
  .meta(
    spelling(
      /^(?:[01]\d|2[0-3]):[0-5]\d-(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/,
      'write start and end from 00:00 to 24:00, such as 09:00-18:00',
      ['09:00-18:00'],
    ),
  );

const moment = z
  .string()
  .meta(
    spelling(
      /^2[01]\d\d-[01]\d-[0-3]\d(?:T[0-2]\d:[0-5]\d(?::[0-5]\d(?:\.\d{1,3})?)?(?:Z|[+-][0-2]\d:[0-5]\d))?$/,
      'write a date such as 2026-12-31, or an instant such as 2026-12-31T18:00:00+09:00',
      ['2026-12-31', '2026-12-31T18:00:00+09:00'],
    ),
  );

const schedule = z
  .strictObject({
    days: z.array(day).meta({ description: 'Days of the week. Default: every day.', ...SOME }),
    hours: z
      .union([hourRange, z.array(hourRange).meta(SOME)], { error: 'write "09:00-18:00", or a list of such' })
      .describe('Hours of the day, one range or a list; a range may cross midnight. Default: the whole day.'),
    timezone: nonEmpty.meta({
      description: 'The IANA name of the time zone; days, hours and dates without time need it.',
      examples: ['Asia/Seoul', 'UTC'],
    }),
    from: moment.describe('The date or instant with which it begins. Default: it has begun.'),
    until: moment.describe('The last date, or the instant at which it is over. Default: it never ends.'),
  })
  .partial()
  .meta({ ...SOMETHING, dependencies: { days: ['timezone'], hours: ['timezone'] } })
  .transform((entry, context) => {
    const parsed = parseSchedule(entry);
    if (parsed.ok) return parsed.value;
    for (const { path, problem, hint } of parsed.error)
      context.addIssue({ code: 'custom', message: problem, path: [...path], params: { hint } });
    return z.NEVER;
  });

const alternative = z.strictObject({
  title: localizedText.describe('Its name, as the block page shows it.'),
  url: webUrl.describe('Where it is.'),
});

/** Keys that say something about blocking, and nothing about allowing. */
const BLOCK_ONLY = ['locked', 'mode', 'status', 'reason', 'reference', 'alternatives', 'page'] as const;

const rule = z
  .strictObject({
    id: identifier.describe(
      'The name of the rule in the log and on the block page; unique in the department.',
    ),
    block: target.optional().describe('The hosts that this rule blocks; what is listed is joined by OR.'),
    allow: target.optional().describe('The hosts that this rule allows; what is listed is joined by OR.'),
    ports: listOf(port).optional().describe('The ports for which the rule holds. Default: every port.'),
    when: schedule.optional().describe('When the rule is in force. Default: always.'),
    unless: z
      .strictObject({ ...audience, ...hosts })
      .partial()
      .optional()
      .describe('Whom and which hosts the rule spares. Default: none.'),
    locked: z.boolean().optional().describe('true: no exception lifts this block. Default: false.'),
    mode: mode.optional().describe("enforce, or observe: log and forward. Default: the department's mode."),
    status: z
      .literal([403, 451])
      .optional()
      .describe('The status of the block page; 451 is for legal demands. Default: 403.'),
    reason: localizedText.optional().describe('Why, as staff read it on the block page.'),
    reference: nonEmpty.optional().describe('A document to quote, shown on the block page.'),
    alternatives: z.array(alternative).optional().describe('What to use instead, shown on the block page.'),
    page: pageName
      .optional()
      .describe("The template of the block page, by the name of its file. Default: the department's."),
    review: z.iso
      .date('write a date, such as 2026-12-31')
      .meta({ patternErrorMessage: 'write a date, such as 2026-12-31' })
      .optional()
      .describe('The date by which to look at the rule again.'),
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
  })
  .meta({
    id: 'rule',
    oneOf: [{ required: ['block'] }, { required: ['allow'] }],
    if: { required: ['allow'] },
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema's word
    then: without(BLOCK_ONLY, 'an allow rule says nothing about blocking'),
  });

const exception = z
  .strictObject({
    id: identifier.describe('The name of the exception in the log; unique in the department.'),
    allow: target.describe('The hosts that it opens; what is listed is joined by OR.'),
    for: z
      .strictObject(audience)
      .partial()
      .meta(SOMETHING)
      .refine((people) => Object.values(people).some((list) => list !== undefined && list.length > 0), {
        error: 'the exception is for nobody',
        params: { hint: 'list `users:`, `groups:` or `networks:`' },
      })
      .describe('Whom it is for; any one entry suffices.'),
    until: instant.describe('The instant at which it ends: date, time with seconds, and offset.'),
    approvedBy: nonEmpty.describe('Who answers for it.'),
    ticket: nonEmpty.optional().describe('Where the request for it is kept.'),
  })
  .meta({ id: 'exception' });

const IP_HINT = 'write an IP address';
const ONE_DECIDER = 'keep one of `rule`, `exception` and `default`';

const ipAddress = z.union(
  [z.ipv4().meta({ patternErrorMessage: IP_HINT }), z.ipv6().meta({ patternErrorMessage: IP_HINT })],
  { error: IP_HINT },
);

const test = z
  .strictObject({
    request: requestUrl.describe('The whole URL that is asked for.'),
    client: ipAddress
      .optional()
      .describe("The address that asks. Default: the first of the department's first network."),
    user: nonEmpty.optional().describe('The user who asks. Default: nobody known.'),
    groups: z.array(nonEmpty).optional().describe('The groups of the user who asks. Default: none.'),
    addresses: listOf(ipAddress)
      .optional()
      .describe("What the host's name leads to. Default: it is not looked up."),
    at: instant.optional().describe('When it is asked. Default: now.'),
    expect: z.enum(['forward', 'block']).describe('What must happen to the request.'),
    rule: identifier.optional().describe('The rule that must decide. Default: whichever does.'),
    exception: identifier.optional().describe('The exception that must decide. Default: whichever does.'),
    default: z.literal(true).optional().describe("true: the department's default must decide."),
    wouldBlock: z
      .union([z.boolean(), identifier], { error: 'write true, false or the id of a rule' })
      .optional()
      .describe('Whether something that only observes would block: true, false, or the id of that rule.'),
  })
  .check((context) => {
    const { rule, exception, default: byDefault, expect, wouldBlock } = context.value;
    const issue = (path: string, message: string, hint: string) =>
      context.issues.push({ code: 'custom', input: context.value, path: [path], message, params: { hint } });
    if ([rule, exception, byDefault].filter((decider) => decider !== undefined).length > 1)
      issue(
        'request',
        'the test names more than one that decides',
        'keep one of `rule:`, `exception:` and `default:`',
      );
    if (expect === 'block' && exception !== undefined)
      issue('exception', 'an exception never blocks', 'expect forward, or name a rule');
    if (expect === 'block' && wouldBlock !== undefined)
      issue('wouldBlock', 'what is blocked is not observed', 'expect forward, or remove `wouldBlock:`');
  })
  .meta({
    id: 'test',
    dependencies: {
      rule: without(['exception', 'default'], ONE_DECIDER),
      exception: without(['default'], ONE_DECIDER),
    },
    if: { properties: { expect: { const: 'block' } }, required: ['expect'] },
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema's word
    then: without(['exception', 'wouldBlock'], 'this goes with `expect: forward`'),
  });

const contact = z
  .strictObject({
    email: z
      .email('write an e-mail address')
      .meta({ description: 'An e-mail address.', patternErrorMessage: 'write an e-mail address' }),
    phone: nonEmpty.describe('A telephone number, as people write it.'),
    url: webUrl.describe('A page that helps.'),
  })
  .partial();

/** What a department may inherit from the bases that it extends. */
const inheritable = {
  extends: z.array(identifier).optional().describe('The bases that are taken over. Default: none.'),
  default: action
    .optional()
    .describe('What happens when nothing matches: allow or block. Default: that of the bases, else block.'),
  mode: mode
    .optional()
    .describe('enforce, or observe to try the policy out. Default: that of the bases, else enforce.'),
  contact: contact.optional().describe('Whom the block page names. Default: that of the bases.'),
  page: pageName
    .optional()
    .describe(
      'The template of the pages, by the name of its file. Default: that of the bases, else default.',
    ),
  rules: z.array(rule).optional().describe('What is blocked and what is allowed; their order means nothing.'),
  exceptions: z.array(exception).optional().describe('Who may reach what is blocked, and until when.'),
};

export const departmentSchema = z.strictObject({
  department: identifier.describe('The id of the department; it stands in the log.'),
  title: localizedText.describe('The name of the department, as the block page shows it.'),
  members: z
    .strictObject({
      ...audience,
      ports: z.array(port).describe('Ports of the listeners through which clients connect.'),
    })
    .partial()
    .optional()
    .describe('Whose requests this policy governs. Default: nobody.'),
  ...inheritable,
  tests: z.array(test).optional().describe('Requests with the decision that must be made on them.'),
});

export const baseSchema = z.strictObject({
  base: identifier.describe('The id by which departments extend this base.'),
  ...inheritable,
});

export const catalogSchema = z.strictObject({
  services: z
    .array(
      z
        .strictObject({
          id: identifier.describe('The id by which rules choose the service; unique in all catalogs.'),
          title: nonEmpty.describe('Its name.'),
          operator: nonEmpty.describe('The company behind it, spelt alike in every entry.'),
          jurisdiction: country.describe('The country of that company, two capital letters (ISO 3166-1).'),
          category: listOf(identifier).describe('What people use it for.'),
          domains: listOf(domainPattern).describe('Every host of the service, and only those.'),
          note: nonEmpty.optional().describe('What the next reader should know.'),
        })
        .meta({ id: 'service' }),
    )
    .describe('The services; listing one blocks nothing.'),
});

export type DepartmentFile = z.output<typeof departmentSchema>;
export type BaseFile = z.output<typeof baseSchema>;
export type CatalogFile = z.output<typeof catalogSchema>;
export type RuleEntry = z.output<typeof rule>;
export type ExceptionEntry = z.output<typeof exception>;
export type HostsEntry = {
  readonly [key in keyof typeof hosts]?: z.output<(typeof hosts)[key]> | undefined;
};
export type AudienceEntry = {
  readonly [key in keyof typeof audience]?: z.output<(typeof audience)[key]> | undefined;
};
