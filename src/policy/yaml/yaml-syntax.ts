import { Composer, type CST, type Document, Lexer, Parser } from 'yaml';
import { fail, type Problem, type Result, succeed } from '../result.ts';
import { briefly, type Fault, type PlaceOf } from './yaml-places.ts';

type Report = (offset: number, code: string, message: string) => void;

/**
 * Of the lexer's tokens: the parser's time goes by them, not by the characters. A line `- example.org` has five, and
 * a file of this many takes about half a second.
 */
const MAX_YAML_TOKENS = 200_000;
/** Of lists and mappings in one another. Policies need ten; the parser's stack ends after a thousand. */
export const MAX_YAML_DEPTH = 100;
/** After the first few, syntax errors only echo one another, and each of a million costs. */
export const MAX_YAML_FAULTS = 5;

export const TOO_DEEP: Fault = { problem: 'the file is nested too deeply', hint: 'flatten it' };
export const TOO_LARGE_HINT = 'split it; long lists of domains belong into lists/*.txt';

const COMPOSER_OPTIONS = {
  strict: true,
  schema: 'core', // whatever a `%YAML 1.1` asks for: there `no` is false
  resolveKnownTags: false,
  uniqueKeys: false, // it compares each key with all: minutes for a file of 400 KB
  logLevel: 'error', // its warnings go to the process's stderr
} as const;

/** Thrown to leave the parser: only an exception ends its loops. */
const STOP = Symbol('enough is known');

/**
 * The first document of the text, or the first few syntax errors. It gives up at a limit, where the parser by itself
 * would go on to the end of whatever it is given. Throws RangeError when blocks are nested too deeply.
 */
export function composeYaml(text: string, place: PlaceOf): Result<Document> {
  const problems: Problem[] = [];
  const report: Report = (offset, code, message) => {
    // The composer catches what is thrown in it, reports that as a fault of its own, and so comes here again.
    if (problems.length < MAX_YAML_FAULTS)
      problems.push({ at: place(offset), ...describeYamlFault(code, message) });
    if (problems.length === MAX_YAML_FAULTS) throw STOP;
  };
  const refuse = (offset: number, fault: Fault): never => {
    problems.push({ at: place(offset), ...fault });
    throw STOP;
  };
  try {
    const document = composeTokens(tokensOf(text, refuse), text.length, report);
    return problems.length > 0 ? fail(problems) : succeed(document);
  } catch (error) {
    if (error === STOP) return fail(problems);
    throw error;
  }
}

/** The parser's tokens, of a text whose size and nesting in brackets it can bear. */
function* tokensOf(text: string, refuse: (offset: number, fault: Fault) => never): Generator<CST.Token> {
  const parser = new Parser();
  let count = 0;
  let depth = 0;
  let isScalar = false;
  for (const lexeme of new Lexer().lex(text)) {
    if (++count > MAX_YAML_TOKENS)
      refuse(parser.offset, { problem: 'the file is too large from here on', hint: TOO_LARGE_HINT });
    if (!isScalar && (lexeme === '[' || lexeme === '{')) depth++;
    else if (!isScalar && (lexeme === ']' || lexeme === '}')) depth--;
    if (depth > MAX_YAML_DEPTH) refuse(parser.offset, TOO_DEEP);
    isScalar = lexeme === SCALAR_FOLLOWS;
    yield* parser.next(lexeme);
  }
  yield* parser.end();
}

/** The lexer's sign that its next token is the text of a scalar, whatever that looks like. */
const SCALAR_FOLLOWS = '\u001f';

function composeTokens(tokens: Iterable<CST.Token>, length: number, report: Report): Document {
  const composer = new Composer(COMPOSER_OPTIONS);
  tellFaultsTo(composer, report);
  let hasDocument = false;
  for (const token of tokens) {
    if (token.type === 'error') report(token.offset, 'UNEXPECTED_TOKEN', token.message);
    else if (token.type === 'doc-end' && !hasDocument)
      report(token.offset, 'UNEXPECTED_TOKEN', 'a document ends here before one begins');
    else if (token.type === 'document' && hasDocument) {
      report(token.offset, 'MULTIPLE_DOCS', '');
      break;
    } else {
      hasDocument ||= token.type === 'document';
      composer.next(token).next(); // a generator that yields a document only when it is given a second
    }
  }
  const [document] = composer.end(true, length);
  if (document === undefined) throw new Error('a forced document came not');
  return document;
}

/**
 * By itself the composer makes an Error of each fault: of a million, half a minute's worth. It has no option for less,
 * so this exchanges its own function, which is private only to the type; a test holds a fault-ridden file to five.
 */
function tellFaultsTo(composer: Composer, report: Report): void {
  type Where = number | readonly [number, number] | { readonly offset: number };
  const onError = (where: Where, code: string, message: string): void => {
    const offset = typeof where === 'number' ? where : 'offset' in where ? where.offset : where[0];
    report(offset, code, message);
  };
  Object.assign(composer, { onError });
}

/** What the parser says in its own code and words. */
export function describeYamlFault(code: string, message: string): Fault {
  const problem = briefly(message); // it may quote the text, which may be one word of a million letters
  switch (code) {
    case 'DUPLICATE_KEY':
      return { problem: 'the key stands twice in this mapping', hint: 'keep one of them' };
    case 'TAG_RESOLVE_FAILED':
      return { problem, hint: 'write plain values, without `!tags`' };
    case 'TAB_AS_INDENT':
      return { problem, hint: 'indent with spaces' };
    case 'RESOURCE_EXHAUSTION':
      return { problem: 'the file is nested too deeply', hint: 'flatten it' };
    case 'MULTIPLE_DOCS':
      return {
        problem: 'the file holds several documents',
        hint: 'one file, one document: remove the `---` between',
      };
    case 'BLOCK_AS_IMPLICIT_KEY':
      return { problem: 'a text with `: ` in it stands without quotes', hint: 'put the text in quotes' };
    case 'MULTILINE_IMPLICIT_KEY':
    case 'MISSING_CHAR':
      return { problem, hint: 'is a `:`, a quote or a bracket missing here or just before?' };
    case 'BAD_INDENT':
      return { problem, hint: 'keys of one mapping stand in one column' };
    default:
      return { problem, hint: 'mend the YAML here' };
  }
}
