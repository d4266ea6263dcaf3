import {
  BOILERPLATE,
  blockName,
  blockNetwork,
  COMMENT,
  exceptName,
  type Item,
  type LineReader,
  refused,
} from './item.ts';

/** Targets of a CNAME that say what to do with the name; any other leads to a page that says it is blocked. */
const PASS = 'rpz-passthru.';
const NO_BLOCK = new Set(['rpz-tcp-only.']);

/** What zones carry without saying anything of a name. */
const ABOUT_THE_ZONE = new Set(['SOA', 'NS', 'TXT', 'DNSKEY', 'RRSIG', 'NSEC', 'NSEC3', 'NSEC3PARAM']);
const LOCAL_DATA = new Set(['A', 'AAAA', 'MX', 'SRV', 'DNAME', 'HTTPS', 'SVCB']);

/** mname, rname, serial, refresh, retry, expire, minimum (RFC 1035 section 3.3.13), often over as many lines. */
const SOA_FIELDS = 7;

/**
 * A response policy zone (https://www.ietf.org/archive/id/draft-vixie-dnsop-dns-rpz-00.html) as a master file
 * (RFC 1035 section 5).
 */
export function rpzReader(): LineReader {
  let origin: string | undefined;
  let owner: string | undefined;
  let soaFieldsLeft = 0;

  const readRecord = (fields: readonly string[], isIndented: boolean): Item => {
    const [first = '', ...others] = fields;
    if (!isIndented) owner = first;
    const data = (isIndented ? fields : others).filter(isNoTtlOrClass());
    const [type = '', target = ''] = data;
    const kind = type.toUpperCase();
    if (kind === 'SOA') {
      // The first SOA names the zone where no $ORIGIN does.
      if (origin === undefined && owner !== undefined && owner !== '@') origin = rooted(owner);
      soaFieldsLeft = SOA_FIELDS - data.slice(1).filter(isValue).length;
      if (data.includes(')')) soaFieldsLeft = 0;
    }
    if (ABOUT_THE_ZONE.has(kind)) return BOILERPLATE;
    if (owner === undefined) return refused('a record without a name');
    if (kind !== 'CNAME' && !LOCAL_DATA.has(kind)) return refused('not a record of a policy zone');
    return readTrigger(relative(owner, origin), kind === 'CNAME' ? target.toLowerCase() : '');
  };

  return (line) => {
    const text = line.replace(/;.*$/, '').trimEnd();
    if (text.trim() === '') return [COMMENT];
    const fields = text.trim().replace(/[()]/g, ' $& ').trim().split(/\s+/);
    if (soaFieldsLeft > 0) {
      soaFieldsLeft = fields.includes(')') ? 0 : soaFieldsLeft - fields.filter(isValue).length;
      return [BOILERPLATE];
    }
    if (/^\$ORIGIN$/i.test(fields[0] ?? '')) {
      origin = rooted(fields[1] ?? '.');
      return [BOILERPLATE];
    }
    if (/^\$TTL$/i.test(fields[0] ?? '')) return [BOILERPLATE];
    if (fields[0]?.startsWith('$')) return [refused('a directive of the zone file that is not read')];
    return [readRecord(fields, /^\s/.test(text))];
  };
}

const isValue = (field: string): boolean => field !== '(' && field !== ')';

/** TTL and class may stand before the type, in either order. */
function isNoTtlOrClass(): (field: string) => boolean {
  let isBeforeType = true;
  return (field) => {
    if (isBeforeType && (/^\d+[smhdw]?$/i.test(field) || /^(?:IN|CH|HS)$/i.test(field))) return false;
    isBeforeType = false;
    return true;
  };
}

/** With its root dot, and in lower case. */
const rooted = (name: string): string => `${name.toLowerCase().replace(/\.$/, '')}.`;

/** The trigger's name without the zone's; an absolute name outside the zone stays whole. */
function relative(owner: string, origin: string | undefined): string {
  const name = owner.toLowerCase();
  if (!name.endsWith('.')) return name;
  if (origin !== undefined && name.endsWith(`.${origin}`)) return name.slice(0, -origin.length - 1);
  return name.slice(0, -1);
}

function readTrigger(trigger: string, target: string): Item {
  if (NO_BLOCK.has(target)) return refused('an action that blocks nothing');
  if (/(?:^|\.)rpz-(?:client-ip|nsdname|nsip)$/.test(trigger))
    return refused('a trigger on the client or on name servers');
  const isPass = target === PASS || target === rooted(trigger); // to its own name: the older way to write it
  const network = /^(.+)\.rpz-ip$/.exec(trigger)?.[1];
  if (network !== undefined) {
    const block = blockNetwork(networkOf(network));
    return isPass && block.kind === 'block' ? { kind: 'exception', entry: block.entry } : block;
  }
  const text = trigger.startsWith('*.') ? trigger : `=${trigger}`;
  return isPass ? exceptName(text) : blockName(text);
}

/** `24.0.113.0.203` is 203.0.113.0/24; `128.7.zz.db8.2001` is 2001:db8::7/128. */
function networkOf(trigger: string): string {
  const [prefix = '', ...parts] = trigger.split('.');
  const isIpv4 = parts.length === 4 && parts.every((part) => /^\d+$/.test(part));
  const address = isIpv4 ? parts.toReversed().join('.') : ipv6Of(parts.toReversed());
  return `${address}/${prefix}`;
}

/** `zz` stands for the run of zeros that `::` stands for. */
const ipv6Of = (groups: readonly string[]): string =>
  groups
    .map((group) => (group === 'zz' ? '' : group))
    .join(':')
    .replace(/^:|:$/g, '::');
