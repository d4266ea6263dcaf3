import { describe, expect, test } from 'vitest';
import { ask, errorOf, listsOf, load, policiesOf, problemsOf } from '../support.ts';

const service = (id: string, operator: string, jurisdiction: string, category: readonly string[]) => ({
  id,
  title: id,
  operator,
  jurisdiction,
  category,
  domains: [`${id}.example`, `=${id}.app.example`],
});

const CATALOG = JSON.stringify({
  services: [
    service('deepseek', 'DeepSeek', 'CN', ['ai-chat', 'ai-api']),
    service('kling', 'Kuaishou', 'CN', ['ai-video']),
    service('doubao', 'ByteDance', 'CN', ['ai-chat']),
    service('coze', 'ByteDance', 'SG', ['ai-agent']),
    service('chatgpt', 'OpenAI', 'US', ['ai-chat']),
  ],
});
const SERVICES = ['deepseek', 'kling', 'doubao', 'coze', 'chatgpt'];

const officeBlocking = (services: unknown) => ({
  'catalog/ai.yaml': CATALOG,
  'office.yaml': `department: office\ntitle: Office\ndefault: allow\nrules:\n  - { id: r, block: { services: ${JSON.stringify(services)} } }\n`,
});

/** The services whose domains a rule with this selector blocks. */
const selectedBy = (services: unknown): readonly string[] => {
  const policies = policiesOf(officeBlocking(services));
  return SERVICES.filter((id) => ask(policies, `https://www.${id}.example/`) === 'block by rule r');
};

const problemsOfSelector = (services: unknown): string => problemsOf(officeBlocking(services));

describe('a rule selects', () => {
  test.each([
    [['deepseek'], ['deepseek']],
    [
      ['deepseek', 'chatgpt'],
      ['deepseek', 'chatgpt'],
    ],
    [{ category: ['ai-chat'] }, ['deepseek', 'doubao', 'chatgpt']],
    [{ category: ['ai-api', 'ai-video'] }, ['deepseek', 'kling']],
    [{ operator: ['ByteDance'] }, ['doubao', 'coze']],
    [{ jurisdiction: ['CN'] }, ['deepseek', 'kling', 'doubao']],
    [{ jurisdiction: ['CN', 'SG'] }, ['deepseek', 'kling', 'doubao', 'coze']],
    [{ jurisdiction: ['CN'], category: ['ai-chat'] }, ['deepseek', 'doubao']],
    [{ jurisdiction: ['CN'], category: ['ai-chat'], operator: ['ByteDance'] }, ['doubao']],
  ])('by %j the services %j: keys are joined by AND, values by OR', (selector, selected) => {
    expect(selectedBy(selector)).toEqual(selected);
  });

  test('every domain of a service, in its own form', () => {
    const policies = policiesOf(officeBlocking(['deepseek']));
    expect(ask(policies, 'https://deepseek.app.example/')).toBe('block by rule r');
    expect(ask(policies, 'https://www.deepseek.app.example/')).toBe('forward by default');
  });

  test('services and domains of its own together', () => {
    const policies = policiesOf({
      'catalog/ai.yaml': CATALOG,
      'office.yaml':
        'department: office\ntitle: Office\ndefault: allow\nrules: [{ id: r, block: { services: [kling], domains: [a.com] } }]\n',
    });
    expect(ask(policies, 'https://kling.example/')).toBe('block by rule r');
    expect(ask(policies, 'https://a.com/')).toBe('block by rule r');
  });

  test('for an exception as well', () => {
    const policies = policiesOf({
      ...officeBlocking({ jurisdiction: ['CN'] }),
      'lab.yaml': `department: lab\ntitle: Lab\nexceptions: [{ id: e, allow: { services: { category: [ai-api] } }, for: { users: [kim] }, until: "2026-12-31T18:00:00Z", approvedBy: cio }]\n`,
    });
    expect(ask(policies, 'https://deepseek.example/', { department: 'lab', user: 'kim' })).toBe(
      'forward by exception e',
    );
    expect(ask(policies, 'https://kling.example/', { department: 'lab', user: 'kim' })).toBe(
      'block by default',
    );
  });

  test('from all catalog files together', () => {
    const more = JSON.stringify({ services: [service('qwen', 'Alibaba', 'CN', ['ai-chat'])] });
    const policies = policiesOf({ ...officeBlocking({ jurisdiction: ['CN'] }), 'catalog/more.yaml': more });
    expect(ask(policies, 'https://qwen.example/')).toBe('block by rule r');
    expect(ask(policies, 'https://deepseek.example/')).toBe('block by rule r');
  });
});

describe('what selects nothing is a problem, for it would leave a hole', () => {
  test('an unknown service, with the nearest name, even beside a known one', () => {
    expect(problemsOfSelector(['deepseek', 'depseek'])).toBe(
      'policies/office.yaml:5:45: no service of the catalog has the id `depseek` (did you mean `deepseek`?)',
    );
  });

  test('a service like none', () => {
    expect(problemsOfSelector(['zzzzzzzz'])).toBe(
      'policies/office.yaml:5:34: no service of the catalog has the id `zzzzzzzz` (check its spelling, or add it to the catalog)',
    );
  });

  test('an unknown category, operator or country, each at its place', () => {
    expect(
      problemsOfSelector({ category: ['ai-chat', 'ai-caht'], operator: ['Bytedance'], jurisdiction: ['KR'] }),
    ).toBe(
      [
        'policies/office.yaml:5:56: no service of the catalog has the category `ai-caht` (did you mean `ai-chat`?)',
        'policies/office.yaml:5:79: no service of the catalog has the operator `Bytedance` (did you mean `ByteDance`?)',
        'policies/office.yaml:5:108: no service of the catalog has the jurisdiction `KR` (check its spelling, or add it to the catalog)',
      ].join('\n'),
    );
  });

  test('a category of the catalog among the services, with the way to write it', () => {
    expect(problemsOfSelector(['ai-chat'])).toBe(
      'policies/office.yaml:5:34: no service of the catalog has the id `ai-chat` (the catalog has this category: write services: { category: [ai-chat] })',
    );
  });

  test.each([
    [['gambling'], 'id'],
    [{ category: ['gambling'] }, 'category'],
  ])('a list that %j takes for something of the catalog, with the way to write it', (services, what) => {
    const loaded = load(officeBlocking(services), listsOf({ gambling: ['a.example'] }));
    expect(errorOf(loaded)).toMatchObject([
      {
        problem: `no service of the catalog has the ${what} \`gambling\``,
        hint: 'there is a list of that name: write categories: [gambling]',
      },
    ]);
  });

  test('properties that no service has together', () => {
    expect(problemsOfSelector({ jurisdiction: ['US'], category: ['ai-video'] })).toBe(
      'policies/office.yaml:5:33: no service has all of these (its keys are joined by AND: relax one)',
    );
  });

  test.each([
    [[], 'policies/office.yaml:5:33: `services` cannot be `[]` (list at least one, or remove the key)'],
    [
      { category: [] },
      'policies/office.yaml:5:45: `category` cannot be `[]` (list at least one, or remove the key)',
    ],
    [
      {},
      'policies/office.yaml:5:33: the selector is empty, which would select every service (say `category:`, `operator:` or `jurisdiction:`)',
    ],
    [
      'deepseek',
      'policies/office.yaml:5:33: `services` has none of the forms it may have (write a list of services, or { category: [...], operator: [...], jurisdiction: [...] })',
    ],
  ])('the selector %j', (selector, problem) => {
    expect(problemsOfSelector(selector)).toBe(problem);
  });

  test('a misspelt key of a selector, with the nearest', () => {
    expect(problemsOfSelector({ categories: ['ai-chat'], operator: ['ByteDance'] })).toBe(
      'policies/office.yaml:5:34: unknown key `categories` (did you mean `category`?)',
    );
  });
});

test('a service that stands twice, in one file or in two, is a problem, and causes no further ones', () => {
  const again = JSON.stringify({ services: [service('deepseek', 'DeepSeek', 'CN', ['ai-chat'])] });
  expect(problemsOf({ ...officeBlocking(['deepseek']), 'catalog/more.yaml': again })).toBe(
    'policies/catalog/more.yaml:1:20: the service `deepseek` stands twice in the catalog, first at policies/catalog/ai.yaml:1:20 (merge the two entries)',
  );
});
