import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise, type ICruiseResult, type IRegularForbiddenRuleType } from 'dependency-cruiser';
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import extractTsConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { describe, expect, test } from 'vitest';
import { folderWith } from './support/temp-dir.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Runs the rules of `.dependency-cruiser.cjs` over the `src` folder of a project. */
async function cruiseIn(project: string): Promise<ICruiseResult> {
  const options = await extractOptions(join(ROOT, '.dependency-cruiser.cjs'));
  const { output } = await cruise(['src'], { ...options, baseDir: project }, undefined, {
    tsConfig: extractTsConfig(join(ROOT, 'tsconfig.json')),
  });
  if (typeof output === 'string') throw new Error(output);
  return output;
}

const violationsOf = ({ summary }: ICruiseResult): readonly string[] =>
  summary.violations.map(({ from, to, rule }) => `${from} → ${to}: ${rule.name}`).toSorted();

describe('the sources', async () => {
  const result = await cruiseIn(ROOT);
  const sources = result.modules.map(({ source }) => source).filter((source) => source.startsWith('src/'));

  test('are looked at, all of them', () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(sources).toEqual(expect.arrayContaining(['src/main.ts', 'src/app.ts', 'src/policy/decide.ts']));
  });

  test('import one way: every room only what docs/architecture.md lets it see', () => {
    expect(violationsOf(result)).toEqual([]);
  });

  test('lie in rooms that a rule guards: a new room is an error until it has one', () => {
    const rules = (result.summary.ruleSetUsed?.forbidden ?? []) as readonly IRegularForbiddenRuleType[];
    const guards = rules
      .filter(({ name }) => name?.endsWith('-imports') && name !== 'src-never-imports-tests')
      .map(({ from }) => new RegExp(String(from.path)));
    expect(guards.length).toBeGreaterThan(5);
    const atTheTop = /^src\/(?:app\.ts|app\/|main\.ts|cli\/)/; // which see everything
    const unguarded = sources.filter(
      (source) => !atTheTop.test(source) && !guards.some((guard) => guard.test(source)),
    );
    expect(unguarded).toEqual([]);
  });

  test('of the policy core ask for no clock, no environment, no chance and no console', () => {
    const core = sources.filter((source) => source.startsWith('src/policy/'));
    expect(core.length).toBeGreaterThan(20);
    const impure =
      /\b(?:Date\.now|new Date\(\)|process\.\w|performance\.|Math\.random|randomBytes|randomUUID|setTimeout|setInterval|setImmediate|console\.|fetch\()/;
    const lines = core.flatMap((source) =>
      readFileSync(join(ROOT, source), 'utf8')
        .split('\n')
        .map((line, index) => `${source}:${index + 1}: ${line}`),
    );
    expect(lines.filter((line) => impure.test(line))).toEqual([]);
  });
});

describe('an import that the rules forbid', () => {
  const EMPTY = 'export {};\n';
  const importing = (...paths: readonly string[]): string =>
    paths.map((path) => `import '${path}';\n`).join('');

  // One tree that breaks every rule, and keeps each of them in places too.
  const TREE: Readonly<Record<string, string>> = {
    'package.json': JSON.stringify({ devDependencies: { 'a-dev-package': '1.0.0' } }),
    'node_modules/a-dev-package/package.json': JSON.stringify({ name: 'a-dev-package', main: 'index.js' }),
    'node_modules/a-dev-package/index.js': '',
    'test/support.ts': EMPTY,
    'src/main.ts': importing('./app.ts'),
    'src/app.ts': importing('./proxy/good.ts', './cli/check.ts', './decision-log/writer.ts'),
    'src/cli/check.ts': importing('../proxy/good.ts', '../tls/leaf.ts'),
    'src/policy/decide.ts': EMPTY,
    'src/policy/hash.ts': importing('node:crypto', './decide.ts'),
    'src/policy/reads-files.ts': importing('node:fs'),
    'src/policy/sees-the-store.ts': importing('../policy-store/load.ts'),
    'src/policy/one.ts': importing('./other.ts'),
    'src/policy/other.ts': importing('./one.ts'),
    'src/policy/lost.ts': importing('./nowhere.ts'),
    'src/policy/tested.ts': importing('../../test/support.ts', 'a-dev-package'),
    'src/files/read.ts': importing('node:fs', '../policy/decide.ts'),
    'src/files/sees-the-store.ts': importing('../policy-store/load.ts'),
    'src/policy-store/load.ts': importing('node:fs', '../policy/decide.ts', '../files/read.ts'),
    'src/policy-store/sees-identity.ts': importing('../identity/identify.ts'),
    'src/lists/import-list.ts': importing('../policy/decide.ts', '../files/read.ts'),
    'src/lists/sees-the-store.ts': importing('../policy-store/load.ts'),
    'src/lint/lint.ts': importing('../policy/decide.ts'),
    'src/lint/sees-lists.ts': importing('../lists/import-list.ts'),
    'src/lint/sees-files.ts': importing('../files/read.ts'),
    'src/replay/replay.ts': importing(
      '../policy/decide.ts',
      '../identity/identify.ts',
      '../decision-log/writer.ts',
    ),
    'src/replay/sees-the-store.ts': importing('../policy-store/load.ts'),
    'src/config/sees-the-proxy.ts': importing('../policy/decide.ts', '../proxy/good.ts'),
    'src/identity/identify.ts': importing('../policy/decide.ts'),
    'src/identity/sees-the-log.ts': importing('../decision-log/record.ts'),
    'src/tls/leaf.ts': importing('node:crypto'),
    'src/tls/sees-the-policy.ts': importing('../policy/decide.ts'),
    'src/decision-log/record.ts': importing('../policy/decide.ts'),
    'src/decision-log/incident.ts': importing('./writer.ts'),
    'src/decision-log/writer.ts': importing('./record.ts', '../files/read.ts', 'node:fs'),
    'src/decision-log/sees-the-proxy.ts': importing('../proxy/good.ts'),
    'src/block-page/page.ts': importing('../policy/decide.ts'),
    'src/block-page/over-tls.ts': importing('./page.ts', '../tls/leaf.ts'),
    'src/block-page/sees-tls.ts': importing('../tls/leaf.ts'),
    'src/block-page/sees-over-tls.ts': importing('./over-tls.ts'),
    'src/metrics/counters.ts': importing('../policy/decide.ts', '../decision-log/record.ts'),
    'src/metrics/sees-the-log-file.ts': importing('../decision-log/writer.ts'),
    'src/proxy/sees-metrics.ts': importing('../metrics/counters.ts'),
    'src/proxy/good.ts': importing(
      '../policy/decide.ts',
      '../tls/leaf.ts',
      '../decision-log/record.ts',
      'node:net',
    ),
    'src/proxy/sees-a-sink.ts': importing('../decision-log/writer.ts'),
    'src/proxy/sees-lists.ts': importing('../lists/import-list.ts'),
    'src/proxy/sees-lint-and-replay.ts': importing('../lint/lint.ts', '../replay/replay.ts'),
    'src/proxy/sees-the-top.ts': importing('../app.ts'),
    'src/supervisor/sees-the-proxy.ts': importing('../policy-store/load.ts', '../proxy/good.ts'),
  };

  test('is caught, each of them, and no other import is', async () => {
    expect(violationsOf(await cruiseIn(folderWith(TREE)))).toEqual(
      [
        'src/policy/reads-files.ts → fs: policy-is-pure',
        'src/policy/sees-the-store.ts → src/policy-store/load.ts: policy/-imports',
        'src/policy/one.ts → src/policy/other.ts: no-cycles',
        'src/policy/lost.ts → ./nowhere.ts: no-unresolved',
        'src/policy/tested.ts → test/support.ts: src-never-imports-tests',
        'src/policy/tested.ts → node_modules/a-dev-package/index.js: no-dev-packages-in-src',
        'src/policy-store/sees-identity.ts → src/identity/identify.ts: policy-store/-imports',
        'src/files/sees-the-store.ts → src/policy-store/load.ts: files/-imports',
        'src/lists/sees-the-store.ts → src/policy-store/load.ts: lists/-imports',
        'src/lint/sees-lists.ts → src/lists/import-list.ts: lint/-imports',
        'src/lint/sees-files.ts → src/files/read.ts: lint/-imports',
        'src/replay/sees-the-store.ts → src/policy-store/load.ts: replay/-imports',
        'src/config/sees-the-proxy.ts → src/proxy/good.ts: config/-imports',
        'src/identity/sees-the-log.ts → src/decision-log/record.ts: identity/-imports',
        'src/tls/sees-the-policy.ts → src/policy/decide.ts: tls/-imports',
        'src/decision-log/incident.ts → src/decision-log/writer.ts: decision-log/(record|incident)\\.ts-imports',
        'src/decision-log/sees-the-proxy.ts → src/proxy/good.ts: decision-log/-imports',
        'src/metrics/sees-the-log-file.ts → src/decision-log/writer.ts: metrics/-imports',
        'src/proxy/sees-metrics.ts → src/metrics/counters.ts: proxy/-imports',
        'src/block-page/sees-tls.ts → src/tls/leaf.ts: block-page/(?!over-tls)-imports',
        'src/block-page/sees-over-tls.ts → src/block-page/over-tls.ts: block-page/(?!over-tls)-imports',
        'src/proxy/sees-a-sink.ts → src/decision-log/writer.ts: proxy/-imports',
        'src/proxy/sees-lists.ts → src/lists/import-list.ts: proxy/-imports',
        'src/proxy/sees-lint-and-replay.ts → src/lint/lint.ts: proxy/-imports',
        'src/proxy/sees-lint-and-replay.ts → src/replay/replay.ts: proxy/-imports',
        'src/proxy/sees-the-top.ts → src/app.ts: proxy/-imports',
        'src/proxy/sees-the-top.ts → src/app.ts: only-the-top-sees-everything',
        'src/supervisor/sees-the-proxy.ts → src/proxy/good.ts: supervisor/-imports',
      ].toSorted(),
    );
  });
});
