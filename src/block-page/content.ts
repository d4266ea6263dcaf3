import type { BlockReason } from '../policy/decide.ts';
import type { Alternative, Language } from '../policy/policy.ts';
import type { ProxyError } from '../policy/proxy-error.ts';
import { LIMIT_ANSWERS } from '../policy/reached-limit.ts';
import { mailLink, percentEncode, phoneLink, webLink } from './links.ts';
import { DEFAULT_PAGE, type Look, look, wordsOf } from './look.ts';
import type { Notice } from './notice.ts';
import type { PageTemplate } from './page-template.ts';
import { proxyErrorOf, statusOf } from './proxy-status.ts';
import { type Passage, passageOf, visibleText } from './text.ts';
import { type Kind, type Label, type Phrase, phrase, type Statement, type Words } from './words.ts';

/**
 * All that an answer tells, in one language and in no format yet, so that the HTML page, the text and the problem
 * details cannot say different things. Every text is one visible line (`visibleText`) and still unescaped.
 */
export type Content = {
  readonly language: Language;
  readonly words: Words;
  readonly kind: Kind;
  readonly status: number;
  readonly error: ProxyError;
  /** `rule`, `default` … of a block, the setting of a limit, else the RFC 9209 error type. */
  readonly reasonCode: string;
  readonly heading: string;
  readonly summary: Phrase;
  readonly advice: Phrase;
  /** The rule's reason, or what is wrong with the request. */
  readonly explanation: { readonly label: Label; readonly passage: Passage } | undefined;
  readonly reference: string | undefined;
  readonly alternatives: readonly {
    readonly title: Passage;
    readonly url: string;
    readonly link: string | undefined;
  }[];
  readonly department: { readonly id: string; readonly title: Passage } | undefined;
  readonly contact: readonly ContactWay[];
  readonly code: string;
  readonly time: { readonly iso: string; readonly readable: string };
  readonly host: string | undefined;
  readonly client: string;
  readonly rule: string | undefined;
  /** For the help desk rather than the reader. */
  readonly technical: readonly { readonly label: Label; readonly value: string }[];
  /** Who made the page. */
  readonly origin: Phrase;
  /** Where one asks for access; undefined where nobody is to ask there. */
  readonly request: string | undefined;
  /** What the HTML is made of; undefined: the page that is built in. */
  readonly page: PageTemplate | undefined;
  /** A `data:` URI. */
  readonly logo: string | undefined;
};

/** `link` is the target, undefined when the text cannot be one; for e-mail it carries a subject with the code. */
export type ContactWay = {
  readonly way: 'email' | 'phone' | 'url';
  readonly text: string;
  readonly link: string | undefined;
};

export function contentOf(notice: Notice, language: Language): Content {
  const { subject } = notice;
  const words = wordsOf(language);
  const { logo, requestUrl, templates } = look();
  const statement = statementOf(subject, words);
  const rule = subject.kind === 'blocked' && subject.reason.code === 'rule' ? subject.reason.rule : undefined;
  const values = {
    host: notice.host === undefined ? undefined : visibleText(notice.host),
    client: visibleText(notice.client),
    ...(subject.kind === 'blocked' &&
      subject.reason.code === 'port-forbidden' && { port: `${subject.reason.port}` }),
  };
  return {
    language,
    words,
    kind: subject.kind,
    status: statusOf(subject),
    error: proxyErrorOf(subject),
    reasonCode: reasonCodeOf(subject),
    heading: statement.heading,
    summary: phrase(statement.summary, values, words),
    advice: phrase(statement.advice, values, words),
    explanation: explanationOf(subject, language),
    reference: rule?.reference === undefined ? undefined : visibleText(rule.reference),
    alternatives: (rule?.alternatives ?? []).map((alternative) => alternativeOf(alternative, language)),
    department: departmentOf(notice, language),
    contact: contactOf(notice, words),
    code: notice.code,
    time: timeOf(notice.time, language),
    host: values.host,
    client: values.client,
    rule: rule === undefined ? undefined : visibleText(rule.id),
    technical: technicalOf(notice, words),
    origin: phrase(words.origin, values, words),
    request: requestOf(notice, requestUrl),
    page: pageOf(notice, templates),
    logo,
  };
}

/** Nobody is sent to ask for what no exception can open, nor about what is no block. */
function requestOf({ subject, host, code }: Notice, requestUrl: Look['requestUrl']): string | undefined {
  if (requestUrl === undefined || subject.kind !== 'blocked') return undefined;
  if (subject.reason.code === 'rule' && subject.reason.rule.locked) return undefined;
  const values = { host: percentEncode(visibleText(host ?? '')), code: percentEncode(code) };
  return requestUrl.replace(/\{(host|code)\}/g, (_, name: keyof typeof values) => values[name]);
}

/** The rule's template, else the department's, else the one for everybody. One that is not there is passed over. */
function pageOf({ subject, department }: Notice, templates: Look['templates']): PageTemplate | undefined {
  const rule = subject.kind === 'blocked' && subject.reason.code === 'rule' ? subject.reason.rule : undefined;
  const names = [rule?.page, department?.page, DEFAULT_PAGE];
  const known = names.find((name) => name !== undefined && Object.hasOwn(templates, name));
  return known === undefined ? undefined : templates[known];
}

function statementOf(subject: Notice['subject'], words: Words): Statement {
  switch (subject.kind) {
    case 'blocked': {
      const { reason } = subject;
      return reason.code === 'rule' && reason.rule.status === 451
        ? words.blockedByLaw
        : words.blocked[reason.code];
    }
    case 'failed': {
      const byParent: Partial<Words['failed']> = subject.by === undefined ? {} : words.failedByParent;
      return byParent[subject.error] ?? words.failed[subject.error];
    }
    case 'limited':
      return words.limited[LIMIT_ANSWERS[subject.limit].status];
    case 'refused':
      return words.refused[subject.status];
  }
}

function reasonCodeOf(subject: Notice['subject']): string {
  switch (subject.kind) {
    case 'blocked':
      return subject.reason.code;
    case 'limited':
      return subject.limit;
    case 'failed':
    case 'refused':
      return proxyErrorOf(subject);
  }
}

function explanationOf(subject: Notice['subject'], language: Language): Content['explanation'] {
  switch (subject.kind) {
    case 'blocked': {
      const reason = subject.reason.code === 'rule' ? subject.reason.rule.reason : undefined;
      const passage = reason === undefined ? undefined : passageOf(reason, language);
      return passage === undefined ? undefined : { label: 'reason', passage };
    }
    case 'failed':
    case 'limited':
      return undefined;
    case 'refused':
      return { label: 'problem', passage: { text: visibleText(subject.problem), language: 'en' } };
  }
}

function alternativeOf({ title, url }: Alternative, language: Language): Content['alternatives'][number] {
  const visibleUrl = visibleText(url);
  return {
    title: passageOf(title, language) ?? { text: visibleUrl, language },
    url: visibleUrl,
    link: webLink(visibleUrl),
  };
}

function departmentOf({ department }: Notice, language: Language): Content['department'] {
  if (department === undefined) return undefined;
  const id = visibleText(department.id);
  return { id, title: passageOf(department.title, language) ?? { text: id, language } };
}

function contactOf(notice: Notice, words: Words): readonly ContactWay[] {
  const { email, phone, url } = notice.department?.contact ?? {};
  const about = notice.host === undefined ? notice.code : `${visibleText(notice.host)} [${notice.code}]`;
  const way = (
    name: ContactWay['way'],
    raw: string | undefined,
    link: (text: string) => string | undefined,
  ) => {
    if (raw === undefined) return [];
    const text = visibleText(raw);
    return [{ way: name, text, link: link(text) }];
  };
  return [
    ...way('email', email, (text) => mailLink(text, `${words.mailSubject}: ${about}`)),
    ...way('phone', phone, phoneLink),
    ...way('url', url, webLink),
  ];
}

function technicalOf(notice: Notice, words: Words): Content['technical'] {
  const { subject } = notice;
  const facts: readonly (readonly [Label, string | undefined])[] = [
    ['host', notice.host],
    ...(subject.kind === 'blocked' ? blockFacts(subject.reason, words) : []),
    ['limit', subject.kind === 'limited' ? subject.limit : undefined],
    ['client', notice.client],
    ['answer', `${statusOf(subject)} ${proxyErrorOf(subject)}`],
  ];
  return facts.flatMap(([label, value]) =>
    value === undefined ? [] : [{ label, value: visibleText(value) }],
  );
}

/** Not the forbidden address: that would map the internal network for whoever can ask. The log has it. */
function blockFacts(reason: BlockReason, words: Words): readonly (readonly [Label, string])[] {
  switch (reason.code) {
    case 'rule':
      return [['rule', reason.rule.id]];
    case 'port-forbidden':
      return [['port', `${reason.port}`]];
    case 'address-forbidden':
      return [['range', words.ranges[reason.range]]];
    case 'default':
    case 'department-unknown':
    case 'proxy-loop':
    case 'own-site':
    case 'address-literal':
    case 'not-tls':
    case 'client-hello-unreadable':
    case 'sni-missing':
    case 'sni-mismatch':
    case 'ech-forbidden':
      return [];
  }
}

export function timeOf(time: number, language: Language): Content['time'] {
  return { iso: new Date(time).toISOString(), readable: readableTime(time, language) };
}

/** Put into words once a second: that costs as much as all the rest of a page. */
function readableTime(time: number, language: Language): string {
  const second = Math.floor(time / 1000);
  const last = lastTimes.get(language);
  if (last?.second === second) return last.readable;
  const readable = clockOf(language).format(time);
  lastTimes.set(language, { second, readable });
  return readable;
}

/** By language, of which there are few: what a client asks for is looked up among them. */
const lastTimes = new Map<Language, { readonly second: number; readonly readable: string }>();
const clocks = new Map<Language, Intl.DateTimeFormat>();

function clockOf(language: Language): Intl.DateTimeFormat {
  const known = clocks.get(language);
  if (known !== undefined) return known;
  const locale = language === 'en' ? 'en-GB' : language; // the day before the month, as most of the world has it
  const clock = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'long', timeZone: 'UTC' });
  clocks.set(language, clock);
  return clock;
}
