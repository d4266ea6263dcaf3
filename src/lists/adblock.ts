import { hostsReader } from './hosts.ts';
import {
  BOILERPLATE,
  blockName,
  blockPattern,
  COMMENT,
  exceptName,
  type Item,
  type LineReader,
  refused,
} from './item.ts';

/** Modifiers that leave a rule about the whole host; any other narrows or changes it in ways a host list cannot say. */
const WHOLE_HOST = new Set(['important', 'all', 'document', 'doc']);

/** What may follow a host and still mean all of it. */
const WHOLE_PATH = new Set(['', '^', '^|', '^*', '/', '/*']);

const COSMETIC = /#@?[?$%]{0,2}#|#@?%#|\$@?\$/;
const HOSTS_LINE = /^(?:0\.0\.0\.0|127\.0\.0\.1|::1?)\s/;

/**
 * Rules of Adblock Plus, uBlock Origin and AdGuard (https://adguard-dns.io/kb/general/dns-filtering-syntax/) that block
 * or except a whole host. Whatever speaks of paths, pages or kinds of requests is refused with the reason.
 */
export const adblockReader = (): LineReader => {
  const readHosts = hostsReader(false);
  return (line) => {
    const text = line.trim();
    if (text === '' || text.startsWith('!') || /^#(?:\s|#*$)/.test(text)) return [COMMENT];
    if (/^\[Adblock.*\]$/i.test(text)) return [BOILERPLATE];
    if (HOSTS_LINE.test(text)) return readHosts(text); // AdGuard's lists mix them in
    return [readRule(text)];
  };
};

function readRule(text: string): Item {
  if (COSMETIC.test(text)) return refused('it hides parts of pages');
  const isException = text.startsWith('@@');
  const { pattern, modifiers } = split(isException ? text.slice(2) : text);
  for (const modifier of modifiers) {
    const name = modifier.replace(/=.*$/, '').replace(/^~/, '');
    if (!WHOLE_HOST.has(modifier))
      return refused(/^[\w-]{1,30}$/.test(name) ? `the modifier $${name}` : 'a malformed modifier');
  }
  const item = isException ? readException(pattern) : readBlock(pattern);
  return item.kind === 'block' && modifiers.includes('important') ? { ...item, isImportant: true } : item;
}

/** A `$` may also end a regular expression, so in one only what follows its last slash counts. */
function split(rule: string): { readonly pattern: string; readonly modifiers: readonly string[] } {
  const regex = /^(\/.+\/)(?:\$([^/]*))?$/.exec(rule);
  const [, pattern = rule, modifiers] = regex ?? /^([^$]*)\$(.*)$/.exec(rule) ?? [];
  return { pattern, modifiers: modifiers === undefined ? [] : modifiers.split(',') };
}

function readBlock(pattern: string): Item {
  if (/^\/.+\/$/.test(pattern)) return readRegex(pattern.slice(1, -1));
  const name = hostOf(pattern);
  return name.ok ? blockName(name.text) : refused(name.why);
}

function readException(pattern: string): Item {
  if (/^\/.+\/$/.test(pattern)) return refused('an exception by a regular expression');
  const name = hostOf(pattern);
  if (!name.ok) return refused(name.why);
  if (name.text.endsWith('.*')) return refused('an exception for every suffix');
  return exceptName(name.text);
}

function readRegex(text: string): Item {
  return text.includes('://') || text.includes('\\/')
    ? refused('a regular expression that speaks of more than the host')
    : blockPattern(text);
}

type HostText = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly why: string };

/** An anchor; an IPv6 address, `*.a.b`, `a.*` or a name; and the rest. */
const HOST_RULE =
  /^(\|\||\|?(?:https?|wss?)?:\/\/|)(\[[\da-f:.]+\]|\*\.[^^/|:*?&=]+|[^^/|:*?&=.]+\.\*(?=\^|$)|[^^/|:*?&=]*)(.*)$/i;

/** The name that a rule is about, in the form of a domain pattern. */
function hostOf(rule: string): HostText {
  const [, anchor = '', host = '', rest = ''] = HOST_RULE.exec(rule) ?? [];
  if (rest.startsWith(':')) return { ok: false, why: 'a port: a list names hosts' };
  if (rest.startsWith('*')) return { ok: false, why: 'a wildcard inside a name' };
  if (!WHOLE_PATH.has(rest)) return { ok: false, why: 'a path or a part of a URL: a list names hosts' };
  if (anchor === '||') return { ok: true, text: host };
  // `://a.b^` begins at the host, and a bare name is read as AdGuard reads it: that host alone.
  const isNamed = anchor !== '' || (rest === '' && /^[\w-]+(?:\.[\w-]+)+$/.test(host));
  return isNamed ? { ok: true, text: `=${host}` } : { ok: false, why: 'a part of a URL: a list names hosts' };
}
