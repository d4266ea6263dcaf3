import { DUTIES } from './duties.ts';
import type { Result, Results } from './results.ts';
import type { Proof } from './scan.ts';
import { THREATS } from './threats.ts';

export type Page = {
  readonly text: string;
  /** Rows without a proof or a reason, and proofs of what is in no row. */
  readonly problems: readonly string[];
};

type Row = { readonly id: string; readonly what: string; readonly instead?: string };

/** docs/conformance.md: what is asked for, what proves it, and how that came out. */
export function renderPage(proofs: readonly Proof[], results: Results): Page {
  const duties = DUTIES.map(({ duty, level, ...row }) => ({ ...row, what: `${level} ${duty}` }));
  const threats: Row[] = THREATS.map(({ title, ...row }) => ({ ...row, what: title }));
  const others = otherSections(proofs, new Set([...duties, ...threats].map(({ id }) => id)));
  const table = (rows: readonly Row[]): string => rows.map((row) => rowText(row, proofs, results)).join('\n');
  const http = (rfc: string): string => table(duties.filter(({ id }) => id.startsWith(rfc)));
  const text = `${INTRODUCTION}
## Threats

| id | threat | promise and test | result |
|---|---|---|---|
${table(threats)}

## RFC 9112: HTTP/1.1

| section | duty | promise and test | result |
|---|---|---|---|
${http('RFC 9112')}

## RFC 9110: HTTP semantics

| section | duty | promise and test | result |
|---|---|---|---|
${http('RFC 9110')}

## Other specifications

| section | promise and test | result |
|---|---|---|
${others.sections.map((id) => rowText({ id, what: '' }, proofs, results).replace(' |  |', ' |')).join('\n')}
`;
  const missing = [...duties, ...threats]
    .filter(({ id, instead }) => instead === undefined && !proofs.some(({ ids }) => ids.includes(id)))
    .map(({ id }) => `${id}: no test proves it, and no reason says why`);
  return { text, problems: [...missing, ...others.problems] };
}

const INTRODUCTION = [
  '# Conformance',
  '',
  'What the RFCs of HTTP ask of a proxy, and how proxies like this one get bypassed, crashed or abused: row by row, with the',
  "test that proves what Postern does about it. A test's name is a promise; where it stands for a table of cases, `%s` marks",
  'what differs between them. MUST, SHOULD and MAY are those of RFC 2119, the sentences are our own.',
  '',
  'The page is generated from the tests by `npm run conformance`. A test holds it to them: every row has a proof, or says',
  'why there is none. The results are those of the run that wrote the page.',
  '',
].join('\n');

function rowText({ id, what, instead }: Row, proofs: readonly Proof[], results: Results): string {
  const own = proofs.filter(({ ids }) => ids.includes(id));
  if (own.length === 0) return `| ${id} | ${cell(what)} | ${cell(instead ?? 'missing')} | – |`;
  const tests = own.map(({ name, file }) => `${cell(name)} ([${short(file)}](../${file}))`);
  return `| ${id} | ${cell(what)} | ${tests.join('<br>')} | ${resultText(own.map(results))} |`;
}

function resultText(results: readonly Result[]): string {
  const sum = (key: keyof Result): number => results.reduce((total, result) => total + result[key], 0);
  const parts = (['passed', 'failed', 'skipped'] as const).map((key) => [sum(key), key] as const);
  return (
    parts
      .filter(([count]) => count > 0)
      .map(([count, key]) => `${count} ${key}`)
      .join(', ') || 'not run'
  );
}

const short = (file: string): string => file.replace(/^test\//, '').replace(/\.test\.ts$/, '');

/** Text for a cell of a table: nothing in it is markup. */
const cell = (text: string): string =>
  text
    .replace(/[\\|<>*_[\]`]/g, '\\$&')
    .replace(/\r/g, '␍')
    .replace(/\n/g, '␊');

/** Sections of further RFCs, which have no list of duties here; an id of another form is a slip. */
function otherSections(
  proofs: readonly Proof[],
  known: ReadonlySet<string>,
): { readonly sections: readonly string[]; readonly problems: readonly string[] } {
  const sections = new Set<string>();
  const problems: string[] = [];
  for (const { ids, file, name } of proofs)
    for (const id of ids) {
      if (known.has(id)) continue;
      const [, rfc] = /^RFC (\d+)(?: section \d+(?:\.\d+)*)?$/.exec(id) ?? [];
      const isListed = rfc === '9110' || rfc === '9112';
      if (rfc === undefined || (isListed && ![...known].some((other) => other.startsWith(`${id} `))))
        problems.push(`${file}: "${name}" proves ${id}, which is in no list`);
      else sections.add(id);
    }
  const order = new Intl.Collator('en', { numeric: true });
  return { sections: [...sections].sort(order.compare), problems };
}
