import { writeFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { stringify } from 'yaml';
import { examineLook } from '../app/examine.ts';
import type { Format } from '../block-page/format.ts';
import { languages, useLook, wordsOf } from '../block-page/look.ts';
import type { Notice } from '../block-page/notice.ts';
import { renderNotice } from '../block-page/response.ts';
import type { BlockReason } from '../policy/decide.ts';
import { type Host, parseHost } from '../policy/host.ts';
import { nearest } from '../policy/nearest.ts';
import type { Department, PolicySet, Rule } from '../policy/policy.ts';
import { fail, type Problem, type Result, succeed } from '../policy/result.ts';
import { compileFolder } from '../policy-store/load.ts';
import { type CommonOptions, configFor, withCommonOptions } from './options.ts';
import { EXIT, printJson, printProblems } from './output.ts';
import { unknownDepartment } from './show.ts';

type PreviewOptions = CommonOptions & {
  readonly department?: string;
  readonly rule?: string;
  readonly host?: Host;
  readonly language: string;
  readonly format: 'html' | 'json' | 'text';
  readonly out?: string;
};

export function addPage(program: Command): void {
  const page = program.command('page').description('the pages that people see');
  withCommonOptions(page.command('preview'))
    .description('render the block page as somebody would see it by the policies and templates there are now')
    .option('--department <id>', "whose page (default: the rule's, else that of a device of no department)")
    .option('--rule <id>', 'the rule that blocks (default: none allows it)')
    .addOption(
      new Option('--host <name>', 'what was asked for (default: one that the rule blocks)').argParser(
        readHost,
      ),
    )
    .option('--language <tag>', 'such as ko', 'en')
    .addOption(new Option('--format <format>').choices(['html', 'json', 'text']).default('html'))
    .option('--out <file>', 'write to a file (default: stdout)')
    .action(preview);
  withCommonOptions(page.command('words'))
    .argument('[language]', 'such as ko', 'en')
    .description('print all that pages say in a language, as the file by which another one is added')
    .action(printWords);
}

function printWords(tag: string, options: CommonOptions): void {
  const config = configFor(options);
  if (!config.ok) {
    printProblems(config.error, options.json ?? false);
    process.exitCode = EXIT.problems;
    return;
  }
  useLook(examineLook(config.value, undefined).look);
  const language = languageNamed(tag);
  if (language === undefined) {
    printProblems([unknownLanguage('language', tag)], options.json ?? false);
    process.exitCode = EXIT.usage;
    return;
  }
  const words = wordsOf(language);
  if (options.json) printJson(words);
  else process.stdout.write(stringify(words, { lineWidth: 110 }));
}

async function preview(options: PreviewOptions): Promise<void> {
  const json = options.json ?? false;
  const config = configFor(options);
  const compiled = config.ok ? await compileFolder(config.value.policies) : config;
  if (!config.ok || !compiled.ok) {
    printProblems(compiled.ok ? [] : compiled.error, json);
    process.exitCode = EXIT.problems;
    return;
  }
  const { policies } = compiled.value;
  const { look, problems } = examineLook(config.value, policies);
  useLook(look);
  const notice = noticeFor(options, policies);
  const language = languageNamed(options.language);
  if (!notice.ok || language === undefined) {
    printProblems(notice.ok ? [unknownLanguage('--language', options.language)] : notice.error, json);
    process.exitCode = EXIT.usage;
    return;
  }
  // What would be shown in the place of what is broken is worth a look, too.
  if (problems.length > 0) {
    if (!json) printProblems(problems, json);
    process.exitCode = EXIT.problems;
  }
  const { status, headers, body } = renderNotice(notice.value, { format: FORMATS[options.format], language });
  if (options.out !== undefined) writeFileSync(options.out, body);
  else if (!json) process.stdout.write(body);
  if (json) {
    const file = options.out === undefined ? { body } : { file: options.out };
    printJson({ ok: problems.length === 0, problems, status, headers: Object.fromEntries(headers), ...file });
  }
}

const FORMATS: Readonly<Record<PreviewOptions['format'], Format>> = {
  html: 'html',
  json: 'problem-json',
  text: 'text',
};

/** What a page of that department and that rule would have to tell. */
function noticeFor(
  { department: id, rule: ruleId, host }: PreviewOptions,
  policies: PolicySet,
): Result<Notice> {
  if (id !== undefined && !policies.departments.has(id))
    return fail([unknownDepartment('--department', id, policies)]);
  const candidates = [...policies.departments.values()].filter((one) => id === undefined || one.id === id);
  if (ruleId === undefined)
    return succeed(noticeOf(id === undefined ? undefined : candidates[0], undefined, host));
  const blocking = candidates.flatMap((department) =>
    department.rules
      .filter((rule) => rule.id === ruleId && rule.action === 'block')
      .map((rule) => ({ department, rule })),
  );
  const [first] = blocking;
  if (first === undefined) return fail([unknownRule(ruleId, candidates)]);
  return succeed(noticeOf(first.department, first.rule, host));
}

function noticeOf(
  department: Department | undefined,
  rule: Rule | undefined,
  host: Host | undefined,
): Notice {
  return {
    code: '7F3K-9Q2M',
    time: Date.now(),
    host: host ?? hostOf(department, rule) ?? 'www.example.com',
    client: department?.members.networks[0]?.text.replace(/\/.*$/, '') ?? '192.0.2.7',
    department,
    subject: { kind: 'blocked', reason: reasonOf(department, rule) },
  };
}

function reasonOf(department: Department | undefined, rule: Rule | undefined): BlockReason {
  if (department === undefined) return { code: 'department-unknown' };
  if (rule === undefined) return { code: 'default' };
  return {
    code: 'rule',
    rule,
    by: { set: 0, origin: { kind: 'service', service: rule.id }, specificity: 0 },
  };
}

/** A host of which a test says that the rule blocks it, or one that it names; undefined when it is not so easily said. */
function hostOf(department: Department | undefined, rule: Rule | undefined): string | undefined {
  if (rule === undefined) return undefined;
  const tested = department?.tests.find((test) => test.expect === 'block' && test.rule === rule.id);
  const named = parseHost(rule.target.domains[0]?.text.replace(/^(?:=|\*\.)/, '') ?? '');
  return tested?.url.host ?? (named.ok ? named.value : undefined);
}

function unknownRule(id: string, departments: readonly Department[]): Problem {
  const known = departments.flatMap(({ rules }) => rules.filter(({ action }) => action === 'block'));
  const near = nearest(
    id,
    known.map((rule) => rule.id),
  );
  const hint = near === undefined ? 'see postern show' : `did you mean ${near}?`;
  return { at: '--rule', problem: `no rule \`${id}\` blocks anything`, hint };
}

const languageNamed = (tag: string): string | undefined =>
  languages().find((one) => one.toLowerCase() === tag.toLowerCase());

const unknownLanguage = (at: string, tag: string): Problem => ({
  at,
  problem: `there are no words in \`${tag}\``,
  hint: `there are: ${languages().join(', ')}; add a file to \`blockPage.languages\``,
});

function readHost(text: string): Host {
  const host = parseHost(text);
  if (!host.ok) throw new InvalidArgumentError(`${host.error.problem}; ${host.error.hint}.`);
  return host.value;
}
