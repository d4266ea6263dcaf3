import { decide } from '../policy/decide.ts';
import { factsOfUrl } from '../policy/facts.ts';
import type { Department, Place, PolicySet } from '../policy/policy.ts';
import { parseRequestUrl } from '../policy/request-url.ts';
import type { Finding, LintedFolder } from './finding.ts';
import { writtenRules } from './written.ts';

/** Departments to which nobody comes. */
export function findUnreachable({ policies }: LintedFolder): readonly Finding[] {
  return [...policies.departments.values()].flatMap(({ id, members, at }) => {
    const { networks, ports, users, groups } = members;
    if (networks.length + ports.size > 0) return [];
    const byPeople = users.size + groups.size > 0;
    return {
      code: 'unreachable-department' as const,
      at,
      problem: byPeople
        ? `the department \`${id}\` is reached by users and groups only, and live traffic has none yet: they match in tests and in \`explain\``
        : `no client belongs to the department \`${id}\``,
      hint: byPeople
        ? 'add `networks` or `ports` to its `members:`'
        : 'add `members:` with `networks`, `ports`, `users` or `groups`',
    };
  });
}

/** Alternatives on a block page that the department which shows the page blocks as well. */
export function findBlockedAlternatives({ parsed, policies }: LintedFolder, now: number): readonly Finding[] {
  const fileAt = new Map(writtenRules(parsed).map(({ file, path }) => [file.at(path), { file, path }]));
  const placeOf = (rule: Place, index: number): Place => {
    const written = fileAt.get(rule);
    return written?.file.at([...written.path, 'alternatives', index, 'url']) ?? rule;
  };
  return [...policies.departments.values()].flatMap((department) =>
    department.rules.flatMap((rule) =>
      rule.alternatives.flatMap(({ url }, index) => {
        const blocker = whatBlocks(url, department, policies, now);
        return blocker === undefined
          ? []
          : {
              code: 'blocked-alternative' as const,
              at: placeOf(rule.at, index),
              within: rule.at,
              problem: `the block page of \`${rule.id}\` offers ${url}, which \`${department.id}\` blocks by ${blocker}`,
              hint: 'offer something that is open there, or open this',
            };
      }),
    ),
  );
}

/** In words; undefined when it is forwarded, or is no URL that a proxy can be asked for. */
function whatBlocks(
  text: string,
  department: Department,
  policies: PolicySet,
  now: number,
): string | undefined {
  const url = parseRequestUrl(text);
  if (!url.ok) return undefined;
  const client = department.members.networks[0]?.text.replace(/\/\d+$/, '') ?? '0.0.0.0';
  const decision = decide(factsOfUrl(url.value, { time: now, department: department.id, client }), policies);
  if (decision.action === 'forward') return undefined;
  return decision.reason.code === 'rule' ? `the rule \`${decision.reason.rule.id}\`` : 'default';
}
