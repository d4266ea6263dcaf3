import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** A test, or a group of them, that says in a comment above it what it proves. */
export type Proof = {
  readonly ids: readonly string[];
  /** Path from the project's folder. */
  readonly file: string;
  readonly kind: 'test' | 'describe';
  /** As it stands in the source: a table's with its `%s`. */
  readonly name: string;
};

/** All proofs in the tests, in the order of files and lines. */
export function scanTests(root: string): Proof[] {
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join('test', file))
    .sort();
  return files.flatMap((file) => scan(readFileSync(join(root, file), 'utf8'), file));
}

const COVERS = /^[ \t]*\/\/ Covers: (.+)$/gm;

/** The proofs of one file; a comment that does not stand right above a test is an error, not a proof that is lost. */
export function scan(text: string, file: string): Proof[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const proofs: Proof[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isExpressionStatement(node) && ts.isCallExpression(node.expression)) {
      const covers = [...text.slice(node.getFullStart(), node.getStart()).matchAll(COVERS)];
      const named = nameOf(node.expression);
      for (const [, ids = ''] of covers)
        if (named !== undefined) proofs.push({ ids: ids.split(';').map((id) => id.trim()), file, ...named });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  const comments = text.match(COVERS)?.length ?? 0;
  if (comments !== proofs.length) throw new Error(`${file}: a Covers comment stands above no test`);
  return proofs;
}

/** `test('…')`, `test.for([…])('…')`, `describe.each(…)('…')` … → which of the two, and its name. */
function nameOf(call: ts.CallExpression): Pick<Proof, 'kind' | 'name'> | undefined {
  let callee: ts.Expression = call.expression;
  while (ts.isCallExpression(callee) || ts.isPropertyAccessExpression(callee)) callee = callee.expression;
  if (!ts.isIdentifier(callee) || (callee.text !== 'test' && callee.text !== 'describe')) return undefined;
  const [first] = call.arguments;
  return first !== undefined && ts.isStringLiteralLike(first)
    ? { kind: callee.text, name: first.text }
    : undefined;
}
