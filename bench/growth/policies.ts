import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { domainAt, wordAt } from '../support/domains.ts';

/**
 * Policies of any number of departments and listed names. Departments are alike, so that their number alone is another.
 * Each has one network, and the first one those that are in no other's.
 */

const RULES_EACH = 10;
const DOMAINS_EACH = 4;
/** Names above any list's, as those of `support/policies.ts`; eight apart, so that hosts of one domain stay together. */
const RULE_DOMAINS_FROM = 40_000_000;
const DOMAINS_APART = 8;
/** Names that no list has. */
const UNLISTED_FROM = 2_000_000;
/** A department's part of 127.0.0.0/8: room for 1,024 of them. */
const NETWORK_BITS = 18;

export const departmentId = (department: number): string => `department-${department}`;

/** The address of a client in a department, another one for each number. */
export const clientOf = (department: number, number: number): string =>
  addressText(department * 2 ** (32 - NETWORK_BITS) + number + 1);

export const unlisted = (number: number): string => domainAt(UNLISTED_FROM + number);

/** A host below a domain that a rule of the department blocks. */
export function ruleHost(department: number, number: number): string {
  const rule = number % RULES_EACH;
  const each = Math.floor(number / RULES_EACH) % DOMAINS_EACH;
  return `${wordAt(number)}.${ruleDomain(department, rule, each)}`;
}

export type Size = { readonly departments: number; readonly listed: number };

export function writeGrowthPolicies(folder: string, { departments, listed }: Size): void {
  for (const part of ['departments', 'lists']) mkdirSync(join(folder, part), { recursive: true });
  for (let department = 0; department < departments; department++)
    writeFileSync(
      join(folder, 'departments', `${departmentId(department)}.yaml`),
      JSON.stringify(departmentOf(department)), // which is YAML
    );
  const names = Array.from({ length: listed }, (_, index) => domainAt(index)).sort();
  writeFileSync(
    join(folder, 'lists', 'bench.txt'),
    ['# postern list', '# name: bench', ...names, ''].join('\n'),
  );
}

const departmentOf = (department: number) => ({
  department: departmentId(department),
  title: { en: `Department ${department}` },
  members: { networks: [networkOf(department)] },
  default: 'allow',
  rules: [
    { id: 'listed', block: { categories: ['bench'] } },
    ...Array.from({ length: RULES_EACH }, (_, rule) => ({
      id: `rule-${rule}`,
      block: {
        domains: Array.from({ length: DOMAINS_EACH }, (_, each) => ruleDomain(department, rule, each)),
      },
    })),
  ],
});

const networkOf = (department: number): string =>
  department === 0 ? '127.0.0.0/8' : `${addressText(department * 2 ** (32 - NETWORK_BITS))}/${NETWORK_BITS}`;

/** Of 127.0.0.0/8. */
const addressText = (offset: number): string =>
  `127.${(offset >>> 16) & 255}.${(offset >>> 8) & 255}.${offset & 255}`;

const ruleDomain = (department: number, rule: number, each: number): string =>
  domainAt(RULE_DOMAINS_FROM + (department * RULES_EACH + rule) * DOMAINS_APART + each);
