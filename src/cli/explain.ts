import net from 'node:net';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { routeOf } from '../app/upstream.ts';
import type { Config } from '../config/load.ts';
import { identify } from '../identity/identify.ts';
import type { Decision } from '../policy/decide.ts';
import { explain } from '../policy/explain.ts';
import { type Facts, factsOfUrl } from '../policy/facts.ts';
import { addressLiteral } from '../policy/host.ts';
import type { PolicySet, RequestUrl } from '../policy/policy.ts';
import { parseRequestUrl } from '../policy/request-url.ts';
import { compileFolder } from '../policy-store/load.ts';
import { decideAtDoor, judgeAddresses, mustKnowAddresses } from '../proxy/admit.ts';
import { createEgress } from '../proxy/outward/egress.ts';
import { type Explained, explainedAsJson, explainedAsText } from './explain-text.ts';
import { parseInstant } from './instant.ts';
import { type CommonOptions, configFor, withCommonOptions } from './options.ts';
import { EXIT, printJson, printProblems } from './output.ts';
import { unknownDepartment } from './show.ts';

type ExplainOptions = CommonOptions & {
  readonly department?: string;
  readonly client: string;
  readonly user?: string;
  readonly group?: readonly string[];
  readonly listener?: number;
  readonly address?: readonly string[];
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
    .addOption(
      new Option('--listener <port>', 'the port of the listener through which it comes').argParser(parsePort),
    )
    .option('--user <name>', 'the user who asks')
    .option('--group <name>', 'a group of that user; may be repeated', (group, earlier: string[] = []) => [
      ...earlier,
      group,
    ])
    .addOption(
      new Option('--address <address>', "what the host's name leads to; may be repeated").argParser(
        (text, earlier: readonly string[] = []) => [...earlier, parseClient(text)],
      ),
    )
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
  const asker = {
    client: options.client,
    listenerPort: options.listener,
    user: options.user,
    groups: options.group ?? [],
  };
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
  const addresses = options.address ?? knownAddresses(facts, config.value);
  const known = addresses === undefined ? facts : { ...facts, addresses };
  const explanation = explain(known, policies);
  const route = routeOf(config.value.egress.upstream, facts);
  const isKnownHere = route.hops.includes('direct') || mustKnowAddresses({ facts, policies }, route.resolve);
  const decision = decideWithEgress(facts, isKnownHere ? addresses : undefined, policies, config.value);
  const explained: Explained = { url, facts: known, explanation, decision, policies, route };
  if (json) printJson(explainedAsJson(explained));
  else process.stdout.write(explainedAsText(explained));
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
  return decision.action === 'forward' && decision.reason.code !== 'own-site' && addresses !== undefined
    ? judgeAddresses({ facts, policies }, decision, addresses, egress).decision
    : decision;
}

function parseUrl(text: string): RequestUrl {
  const url = parseRequestUrl(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`);
  if (!url.ok) throw new InvalidArgumentError(`${url.error.problem}; ${url.error.hint}.`);
  return url.value;
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new InvalidArgumentError('Write a port, such as 3128.');
  return port;
}

function parseClient(text: string): string {
  if (net.isIP(text) === 0) throw new InvalidArgumentError('Write an IP address.');
  return text;
}
