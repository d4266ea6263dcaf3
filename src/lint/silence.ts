import { CST, Lexer } from 'yaml';
import { nearest } from '../policy/nearest.ts';
import { lineOf } from '../policy/policy.ts';
import { CODES, type Finding } from './finding.ts';

/** A file in which comments may silence findings. */
export type LintedFile = { readonly file: string; readonly text: string };

/** A comment `# lint-ok: code, code`, and the line that it speaks of, `policies/trade.yaml:14`. */
type LintOk = { readonly at: string; readonly line: string; readonly codes: readonly string[] };

/**
 * Takes away what comments silence, and adds those comments that silence nothing. A comment behind something speaks of
 * its own line; one that stands alone, of the first line below it that is no comment. A rule's first line stands for
 * all of the rule, and so does that of an exception, a test or a service.
 */
export function silence(found: readonly Finding[], files: readonly LintedFile[]): readonly Finding[] {
  const comments = files.flatMap(lintOksIn);
  if (comments.length === 0) return found;
  const silencing = (finding: Finding) =>
    comments.filter(
      ({ line, codes }) =>
        codes.includes(finding.code) &&
        (line === lineOf(finding.at) || line === lineOf(finding.within ?? '')),
    );
  const told = found.map((finding) => ({ finding, by: silencing(finding) }));
  const isUsed = ({ at }: LintOk, code: string): boolean =>
    told.some(({ finding, by }) => finding.code === code && by.some((comment) => comment.at === at));
  return [
    ...told.filter(({ by }) => by.length === 0).map(({ finding }) => finding),
    ...comments.flatMap((comment) => uselessIn(comment, (code) => isUsed(comment, code))),
  ];
}

function uselessIn({ at, codes }: LintOk, isUsed: (code: string) => boolean): readonly Finding[] {
  const useless = (problem: string, hint: string) =>
    ({ code: 'useless-lint-ok', at, problem, hint }) as const;
  if (codes.length === 0)
    return [useless('`lint-ok` names nothing to silence', 'write # lint-ok: code, or several with commas')];
  return codes.flatMap((code) => {
    if (Object.hasOwn(CODES, code))
      return isUsed(code)
        ? []
        : useless(`\`lint-ok: ${code}\` silences nothing here`, 'remove it, or put it where the finding is');
    const near = nearest(code, Object.keys(CODES));
    return useless(
      `lint finds nothing by the name \`${code}\``,
      near === undefined ? 'docs/lint.md lists the names' : `did you mean \`${near}\`?`,
    );
  });
}

const LINT_OK = /^#\s*lint-ok\b:?\s*(?<codes>[a-z0-9-]+(?:\s*,\s*[a-z0-9-]+)*)?/;

function lintOksIn({ file, text }: LintedFile): readonly LintOk[] {
  if (!text.includes('lint-ok')) return [];
  const lines = text.split('\n');
  return commentsIn(text).flatMap(({ offset, comment }) => {
    const match = LINT_OK.exec(comment);
    if (match === null) return [];
    const before = text.slice(0, offset);
    const row = before.split('\n').length - 1;
    const column = offset - (before.lastIndexOf('\n') + 1);
    const isAlone = (lines[row] ?? '').slice(0, column).trim() === '';
    const codes = match.groups?.codes?.split(/\s*,\s*/) ?? [];
    const target = isAlone ? lines.findIndex((line, at) => at > row && !/^\s*#/.test(line)) : row;
    return { at: `${file}:${row + 1}:${column + 1}`, line: `${file}:${target + 1}`, codes };
  });
}

/** By the parser's own lexer: a `#` in a text in quotes begins no comment. */
function commentsIn(text: string): readonly { readonly offset: number; readonly comment: string }[] {
  const comments: { offset: number; comment: string }[] = [];
  let offset = 0;
  let isScalar = false;
  for (const lexeme of new Lexer().lex(text)) {
    const type: CST.TokenType | null = isScalar ? 'scalar' : CST.tokenType(lexeme);
    if (type === 'comment') comments.push({ offset, comment: lexeme });
    // The lexer announces a scalar, and what it says of documents and flow ends, by characters of its own.
    const isMark: boolean =
      !isScalar && (type === 'scalar' || type === 'doc-mode' || type === 'flow-error-end');
    isScalar = !isScalar && type === 'scalar';
    if (!isMark) offset += lexeme.length;
  }
  return comments;
}
