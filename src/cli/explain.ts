import net from 'node:net';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Config } from '../config/load.ts';
import { reasonFields } from '../decision-log/line.ts';
import { identify } from '../identity/identify.ts';
import type { Applicability, Decision } from '../policy/decide.ts';
import { describeEvidence, type Explanation, explain } from '../policy/explain.ts';
import { type Facts, factsOfUrl } from '../policy/facts.ts';
import { addressLiteral } from '../policy/host.ts';
import { lineOf, type PolicySet, type RequestUrl } from '../policy/policy.ts';
import { parseRequestUrl } from '../policy/request-url.ts';
import { describeSchedule } from '../policy/schedule.ts';
import { compileFolder } from '../policy-store/load.ts';
import { decideAtDoor, judgeAddresses } from '../proxy/admit.ts';
import { createEgress } from '../proxy/egress.ts';
import { parseInstant } from './instant.ts';
import { type CommonOptions, configFor, withCommonOptions } from './options.ts';
import { EXIT, out, printJson, printProblems, table } from './output.ts';
import { unknownDepartment } from './show.ts';

type ExplainOptions = CommonOptions & {
  readonly department?: string;
  readonly client: string;
  readonly user?: string;
  readonly group?: readonly string[];
  readonly at?: number;
};

export function addExplain(program: Command): void {
  withCommonOptions(program.command('explain'), '0 forward, 3 block, 1 problems, 2 usage')
    .argument('<url>', 'what is asked for, such as https://chat.deepseek.com/', parseUrl)
    .description('say what would be decided on a request, and what every rule has to say of it')
    .option('--department <id>', "the department that asks (default: the client's)")
    .addOption(
      new Option('--client <address>', 'the address that asks').default('127.0.0.1').argParser(parseClient),
    )
    .option('--user <name>', 'the user who asks')
    .option('--group <name>', 'a group of that user; may be repeated', (group, earlier: string[] = []) => [
      ...earlier,
      group,
    ])
    .addOption(
      new Option('--at <time>', 'when, such as 2026-06-01T10:00:00+09:00 (default: now)').argParser(
        parseInstant,
      ),
    )
    .action(explainUrl);
}

async function explainUrl(url: RequestUrl, options: ExplainOptions): Promise<void> {
  const json = options.json ?? false;
  const config = configFor(options);
  const compiled = config.ok ? await compileFolder(config.value.policies) : config;
  if (!config.ok || !compiled.ok) {
    printProblems(compiled.ok ? [] : compiled.error, json);
    process.exitCode = EXIT.problems;
    return;
  }
  const { policies } = compiled.value;
  const asker = { client: options.client, user: options.user, groups: options.group ?? [] };
  const { department = identify(asker, policies).department } = options;
  if (department !== undefined && !policies.departments.has(department)) {
    printProblems([unknownDepartment('--department', department, policies)], json);
    process.exitCode = EXIT.usage;
    return;
  }
  const facts = factsOfUrl(url, {
    time: options.at ?? Date.now(),
    department,
    client: options.client,
    ...(options.user === undefined ? {} : { user: options.user }),
    groups: asker.groups,
  });
  const addresses = knownAddresses(facts, config.value);
  const explanation = explain(addresses === undefined ? facts : { ...facts, addresses }, policies);
  const decision = decideWithEgress(facts, addresses, policies, config.value);
  if (json) printJson(asJson(url, facts, explanation, decision));
  else process.stdout.write(asText(url, facts, explanation, decision));
  process.exitCode = decision.action === 'block' ? EXIT.block : EXIT.good;
}

/** What is known without asking the name servers. */
function knownAddresses({ host }: Facts, { egress }: Config): readonly string[] | undefined {
  const literal = addressLiteral(host);
  return literal === undefined ? egress.dns.hosts[host] : [literal];
}

/** As at the door, as far as that can be known without asking the name servers. */
function decideWithEgress(
  facts: Facts,
  addresses: readonly string[] | undefined,
  policies: PolicySet,
  config: Config,
): Decision {
  const egress = createEgress(config.egress, () => new Set(config.listen.map(({ port }) => port)));
  const decision = decideAtDoor({ facts, policies, isLoop: false }, egress);
  return decision.action === 'forward' && addresses !== undefined
    ? judgeAddresses({ facts, policies }, decision, addresses, egress).decision
    : decision;
}

function asJson(url: RequestUrl, facts: Facts, { rules, exceptions }: Explanation, decision: Decision) {
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
    rules: rules.map(({ of, verdict, by }) => ({
      id: of.id,
      action: of.action,
      verdict,
      ...(by === undefined ? {} : { by: describeEvidence(by, facts.host) }),
      source: lineOf(of.at),
    })),
    exceptions: exceptions.map(({ of, verdict, by }) => ({
      id: of.id,
      verdict,
      ...(by === undefined ? {} : { by: describeEvidence(by, facts.host) }),
      source: lineOf(of.at),
    })),
  };
}

function asText(url: RequestUrl, facts: Facts, explanation: Explanation, decision: Decision): string {
  const who =
    facts.department === undefined
      ? `${facts.client}, in no department`
      : `${facts.department}, ${facts.client}`;
  const word = decision.action === 'block' ? out.red(out.bold('block')) : out.green(out.bold('forward'));
  const observed =
    decision.action === 'forward' && decision.wouldBlock
      ? `\n  observed only: would block by ${because(decision.wouldBlock)}`
      : '';
  const rows = [
    ...explanation.rules.map(({ of, verdict, by }) => [
      `${of.action} rule`,
      of.id,
      isUntimely(verdict) && of.when
        ? `${VERDICTS[verdict]}: ${describeSchedule(of.when)}`
        : VERDICTS[verdict],
      by === undefined ? '' : describeEvidence(by, facts.host),
      lineOf(of.at),
    ]),
    ...explanation.exceptions.map(({ of, verdict, by }) => [
      'exception',
      of.id,
      VERDICTS[verdict],
      by === undefined ? '' : describeEvidence(by, facts.host),
      lineOf(of.at),
    ]),
  ];
  const verdicts = rows.length === 0 ? '' : `\n\n${table(rows)}`;
  return `${url.text}  (${who})\n${word} by ${because(decision.reason)}${observed}${verdicts}\n`;
}

const isUntimely = (verdict: Applicability): boolean =>
  verdict === 'not-yet' || verdict === 'over' || verdict === 'other-time';

const VERDICTS: Record<Applicability, string> = {
  applies: 'applies',
  'other-host': 'names other hosts',
  'other-port': 'is for other ports',
  'not-yet': 'is not in force yet',
  over: 'is no longer in force',
  'other-time': 'is for other times',
  spared: 'is lifted by its `unless`',
  'other-people': 'is for other people',
  expired: 'has ended',
};

function because(reason: Decision['reason']): string {
  switch (reason.code) {
    case 'rule':
      return `the rule ${reason.rule.id}  ${lineOf(reason.rule.at)}`;
    case 'exception':
      return `the exception ${reason.exception.id}, approved by ${reason.exception.approvedBy}  ${lineOf(reason.exception.at)}`;
    case 'default':
      return "the department's default: no rule matches";
    case 'department-unknown':
      return 'the rule that unknown clients are blocked: no department has this address';
    case 'port-forbidden':
      return `egress.connectPorts: it does not list ${reason.port}`;
    case 'address-forbidden':
      return reason.range === 'own-listener'
        ? `egress: ${reason.address} is the proxy itself, which it never dials`
        : `egress: ${reason.address} is special (${reason.range}), see egress.internalNetworks`;
    case 'proxy-loop':
      return 'the rule that a request never passes twice';
  }
}

function parseUrl(text: string): RequestUrl {
  const url = parseRequestUrl(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`);
  if (!url.ok) throw new InvalidArgumentError(`${url.error.problem}; ${url.error.hint}.`);
  return url.value;
}

function parseClient(text: string): string {
  if (net.isIP(text) === 0) throw new InvalidArgumentError('Write an IP address.');
  return text;
}
