import { describe, expect, it } from 'vitest';
import { domainAt, MAX_DOMAIN_INDEX, wordAt } from '../../bench/support/domains.ts';
import { parseHost } from '../../src/policy/host.ts';

const indexes = Array.from({ length: 50_000 }, (_, index) => index);
const names = indexes.map(domainAt);

describe('made-up domain names', () => {
  it('are canonical hosts', () => {
    for (const name of names.slice(0, 5000)) expect(parseHost(name)).toEqual({ ok: true, value: name });
  });

  it('never repeat, neither near the first index nor near the last', () => {
    const last = indexes.map((index) => domainAt(MAX_DOMAIN_INDEX - 1 - index));
    expect(new Set([...names, ...last]).size).toBe(2 * indexes.length);
  });

  it('never lie one below another', () => {
    const known = new Set(names);
    const parents = names.flatMap((name) =>
      name.split('.').map((_, at, labels) => labels.slice(at + 1).join('.')),
    );
    expect(parents.filter((parent) => known.has(parent))).toEqual([]);
  });

  it('have two to four labels and eighteen bytes on average', () => {
    const labels = new Set(names.map((name) => name.split('.').length));
    const bytes = names.reduce((sum, name) => sum + name.length, 0);
    expect([...labels].sort()).toEqual([2, 3, 4]);
    expect(Math.round(bytes / names.length)).toBe(18);
  });

  it('take from each index another word', () => {
    expect(new Set(indexes.map(wordAt)).size).toBe(indexes.length);
  });
});
