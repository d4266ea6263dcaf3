import { reasonFields } from '../decision-log/line.ts';
import type { Applicability, Decision } from '../policy/decide.ts';
import { describeEvidence, type Explanation, type Verdict } from '../policy/explain.ts';
import type { Facts } from '../policy/facts.ts';
import { lineOf, type PolicySet, type RequestUrl, type Rule, type Target } from '../policy/policy.ts';
import { describeSchedule } from '../policy/times/schedule.ts';
import type { Route } from '../proxy/outward/route.ts';
import { out, table } from './output.ts';

/** A request, what would be decided on it, and what each rule had to say. */
export type Explained = {
  readonly url: RequestUrl;
  readonly facts: Facts;
  readonly explanation: Explanation;
  readonly decision: Decision;
  readonly policies: PolicySet;
  /** By what way it would leave. */
  readonly route: Route;
};

export function explainedAsJson(explained: Explained): object {
  const { url, facts, explanation, decision, policies } = explained;
  const hops = hopNames(explained);
  const entryFields = ({ of, verdict, by }: Verdict<Entry>) => ({
    verdict,
    ...(decides(of, decision) ? { decides: true } : {}),
    ...(by === undefined ? {} : { by: describeEvidence(by, facts, policies) }),
    source: lineOf(of.at),
  });
  return {
    url: url.text,
    host: facts.host,
    port: facts.port,
    department: facts.department ?? null,
    action: decision.action,
    ...reasonFields(decision.reason),
    ...(decision.action === 'forward' && decision.wouldBlock
      ? { wouldBlock: reasonFields(decision.wouldBlock) }
      : {}),
    ...(awaitsAddresses(explained) ? { addressesUnknown: true } : {}),
    ...(hops === undefined ? {} : { upstream: hops }),
    rules: explanation.rules.map((verdict) => ({
      id: verdict.of.id,
      action: verdict.of.action,
      ...(verdict.of.locked ? { locked: true } : {}),
      ...entryFields(verdict),
    })),
    exceptions: explanation.exceptions.map((verdict) => ({ id: verdict.of.id, ...entryFields(verdict) })),
  };
}

export function explainedAsText(explained: Explained): string {
  const { url, facts, explanation, decision, policies } = explained;
  const who =
    facts.department === undefined
      ? `${facts.client}, in no department`
      : `${facts.department}, ${facts.client}`;
  const word = decision.action === 'block' ? out.red(out.bold('block')) : out.green(out.bold('forward'));
  const observed =
    decision.action === 'forward' && decision.wouldBlock
      ? `\n  observed only: would block by ${because(decision.wouldBlock, facts)}`
      : '';
  const unknown = awaitsAddresses(explained)
    ? '\n  its addresses are not looked up here: a rule on addresses may still block it (say --address)'
    : '';
  const row = (kind: string, verdict: Verdict<Entry>): readonly string[] => [
    kind,
    verdict.of.id,
    describeVerdict(verdict, explained),
    verdict.by === undefined ? '' : describeEvidence(verdict.by, facts, policies),
    lineOf(verdict.of.at),
  ];
  const rows = [
    ...explanation.rules.map((verdict) => row(kindOf(verdict.of), verdict)),
    ...explanation.exceptions.map((verdict) => row('exception', verdict)),
  ];
  const verdicts = rows.length === 0 ? '' : `\n\n${table(rows)}`;
  const hops = hopNames(explained);
  const way = hops === undefined ? '' : `\n  by way of ${hops.join(', else ')}`;
  return `${url.text}  (${who})\n${word} by ${because(decision.reason, facts)}${observed}${way}${unknown}${verdicts}\n`;
}

/** The parent proxies in the order to try them, where there are any; `direct` among them is the way without one. */
function hopNames({ route, decision }: Explained): readonly string[] | undefined {
  if (decision.action === 'block' || decision.reason.code === 'own-site') return undefined;
  if (route.hops.every((hop) => hop === 'direct')) return undefined;
  return route.hops.map((hop) => (hop === 'direct' ? hop : hop.name));
}

type Entry = Explanation['rules' | 'exceptions'][number]['of'];

const kindOf = ({ action, locked }: Rule): string => `${locked ? 'locked ' : ''}${action} rule`;

/** Whether this is the rule or the exception by which the decision was made. */
function decides(entry: Entry, { reason }: Decision): boolean {
  return (
    (reason.code === 'rule' && reason.rule === entry) ||
    (reason.code === 'exception' && reason.exception === entry)
  );
}

/** Whether the addresses of the name could change the decision, and nobody said them. */
function awaitsAddresses({ facts, decision, explanation }: Explained): boolean {
  if (decision.reason.code === 'own-site') return false; // it has none
  const heeds = explanation.department?.hosts.heedsAddresses ?? false;
  return heeds && decision.action === 'forward' && facts.addresses === undefined;
}

function describeVerdict({ of, verdict }: Verdict<Entry>, explained: Explained): string {
  if (verdict === 'applies') {
    if (decides(of, explained.decision)) return 'decides';
    const isObserved = 'mode' in of && of.action === 'block' && of.mode === 'observe';
    return isObserved ? 'applies, observed only' : 'applies, overruled';
  }
  const isUntimely = verdict === 'not-yet' || verdict === 'over' || verdict === 'other-time';
  if (isUntimely && 'when' in of && of.when) return `${VERDICTS[verdict]}: ${describeSchedule(of.when)}`;
  const mayCover =
    verdict === 'other-host' && awaitsAddresses(explained) && heedsAddresses(of.target, explained);
  return mayCover ? 'depends on its addresses' : VERDICTS[verdict];
}

const heedsAddresses = ({ sets }: Target, { policies }: Explained): boolean =>
  policies.hosts.viewOf(new Set(sets)).heedsAddresses;

const VERDICTS: Record<Exclude<Applicability, 'applies'>, string> = {
  'other-host': 'names other hosts',
  'other-port': 'is for other ports',
  'not-yet': 'is not in force yet',
  over: 'is no longer in force',
  'other-time': 'is for other times',
  spared: 'is lifted by its `unless`',
  'other-people': 'is for other people',
  expired: 'has ended',
};

function because(reason: Decision['reason'], { via }: Facts): string {
  switch (reason.code) {
    case 'rule':
      return `the rule ${reason.rule.id}  ${lineOf(reason.rule.at)}`;
    case 'exception':
      return `the exception ${reason.exception.id}, approved by ${reason.exception.approvedBy}  ${lineOf(reason.exception.at)}`;
    case 'default':
      return "the department's default: no rule matches";
    case 'department-unknown':
      return 'the rule that unknown clients are blocked: no department has this address (departments by listener: say --listener)';
    case 'port-forbidden':
      return via === 'connect'
        ? `egress.connectPorts: it does not list ${reason.port}`
        : `egress.forbiddenHttpPorts: it lists ${reason.port}`;
    case 'address-forbidden':
      return reason.range === 'own-listener'
        ? `egress: ${reason.address} is the proxy itself, which it never dials`
        : `egress: ${reason.address} is special (${reason.range}), see egress.internalNetworks`;
    case 'proxy-loop':
      return 'the rule that a request never passes twice';
    case 'own-site':
      return 'the rule that the proxy answers for this name itself, by http and https on their own ports';
    case 'address-literal':
      return 'egress.tunnels.addressLiterals: it asks for an address in place of a name';
    case 'not-tls':
      return 'egress.tunnels.notTls: it does not open with a ClientHello';
    case 'client-hello-unreadable':
      return `egress.tunnels: its ClientHello cannot be read: ${reason.problem}`;
    case 'sni-missing':
      return 'egress.tunnels.noSni: its ClientHello names no host';
    case 'sni-mismatch':
      return `egress.tunnels.sniMismatch: its ClientHello names ${reason.sni}`;
    case 'ech-forbidden':
      return 'egress.tunnels.ech: its ClientHello is encrypted in part';
  }
}
