import { describe, expect, test } from 'vitest';
import { fail, type Result, succeed } from '../../src/policy/result.ts';
import { replaceEverywhere } from '../../src/supervisor/replace-everywhere.ts';

type Answer = Result<undefined> | 'gone';
const READY: Answer = succeed(undefined);
const REFUSED: Answer = fail([{ at: 'policies', problem: 'no', hint: 'try again' }]);

/** Members by their names, and all that is asked of them, in order. */
function membersOf(...names: readonly string[]) {
  const said: string[] = [];
  const present = new Set(names);
  const answers = new Map<string, (settle: (answer: Answer) => void) => void>();
  const replaced = () =>
    replaceEverywhere<string>({
      present: () => [...present],
      prepare: (name) => {
        said.push(`prepare ${name}`);
        return new Promise((resolve) => (answers.get(name) ?? ((settle) => settle(READY)))(resolve));
      },
      decide: () => said.push('decide'),
      commit: async (name) => said.push(`commit ${name}`),
      forget: (name) => said.push(`forget ${name}`),
    });
  return { said, present, answers, replaced };
}

describe('all go over', () => {
  test('once all are ready, and none before', async () => {
    const { said, replaced } = membersOf('a', 'b');
    expect(await replaced()).toEqual(succeed(true));
    expect(said).toEqual(['prepare a', 'prepare b', 'decide', 'commit a', 'commit b']);
  });

  test('with one that comes while the others make ready', async () => {
    const { said, present, answers, replaced } = membersOf('a');
    answers.set('a', (settle) => {
      present.add('b');
      settle(READY);
    });
    expect(await replaced()).toEqual(succeed(true));
    expect(said).toEqual(['prepare a', 'prepare b', 'decide', 'commit a', 'commit b']);
  });

  test('without one that ends meanwhile, before or after it was ready', async () => {
    const { said, present, answers, replaced } = membersOf('a', 'b', 'c');
    answers.set('b', (settle) => {
      present.delete('a');
      settle('gone');
    });
    expect(await replaced()).toEqual(succeed(true));
    expect(said.filter((what) => !what.startsWith('prepare'))).toEqual(['decide', 'commit c']);
  });

  test('where nobody is there: whoever comes next begins with the new', async () => {
    const { said, replaced } = membersOf();
    expect(await replaced()).toEqual(succeed(true));
    expect(said).toEqual(['decide']);
  });
});

describe('nobody goes over', () => {
  test('where one refuses, and those that were ready let go', async () => {
    const { said, answers, replaced } = membersOf('a', 'b');
    answers.set('b', (settle) => settle(REFUSED));
    expect(await replaced()).toEqual(REFUSED);
    expect(said.slice(2)).toEqual(['forget a', 'forget b']);
  });

  test('where all end over it', async () => {
    const { said, present, answers, replaced } = membersOf('a', 'b');
    for (const name of ['a', 'b'])
      answers.set(name, (settle) => {
        present.delete(name);
        settle('gone');
      });
    expect(await replaced()).toEqual(succeed(false));
    expect(said).not.toContain('decide');
  });
});

describe('wherever a member ends', () => {
  const STEPS = [
    'before it is asked',
    'before it is ready',
    'once it is ready',
    'before it goes over',
    'never',
  ];

  test.each(STEPS.flatMap((a) => STEPS.map((b) => [a, b] as const)))(
    '%s, and the other one %s, those that are left have one and the same',
    async (first, second) => {
      const endsAt = new Map([
        ['a', first],
        ['b', second],
      ]);
      const present = new Set(['a', 'b'].filter((name) => endsAt.get(name) !== 'before it is asked'));
      const live = new Map([...present].map((name) => [name, 'old']));
      const end = (name: string, step: string): boolean => endsAt.get(name) === step && present.delete(name);
      let decided = 'old';
      const replaced = await replaceEverywhere<string>({
        present: () => [...present],
        async prepare(name) {
          if (end(name, 'before it is ready')) return 'gone';
          await Promise.resolve();
          end(name, 'once it is ready');
          return READY;
        },
        decide: () => {
          decided = 'new';
        },
        async commit(name) {
          if (!end(name, 'before it goes over')) live.set(name, 'new');
        },
        forget() {},
      });
      // Whoever is started again begins with what was decided on.
      for (const name of present) expect(live.get(name)).toBe(decided);
      expect(replaced).toEqual(succeed(decided === 'new'));
    },
  );
});
