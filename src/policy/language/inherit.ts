import { nearest } from '../nearest.ts';
import { fail, type Problem, type Result, succeed } from '../result.ts';
import type { Located } from '../yaml/yaml-source.ts';
import type { BaseFile, DepartmentFile, ExceptionEntry, RuleEntry } from './schema.ts';

/** A rule or an exception as written, with the way to its places in its file. */
export type Written<T> = { readonly entry: T; readonly at: (...path: (string | number)[]) => string };

/** What a department has of its own and from all the bases it extends. */
export type Inherited = {
  readonly rules: readonly Written<RuleEntry>[];
  readonly exceptions: readonly Written<ExceptionEntry>[];
  readonly default: 'allow' | 'block' | undefined;
  readonly mode: 'enforce' | 'observe' | undefined;
  readonly contact: NonNullable<BaseFile['contact']> | undefined;
  readonly page: string | undefined;
};

type Scalars = Pick<Inherited, 'default' | 'mode' | 'contact' | 'page'>;
type AnyFile = Located<DepartmentFile> | Located<BaseFile>;

/**
 * Rules and exceptions add up. Of `default`, `mode`, `contact` and `page` the nearest file's value holds; two bases at
 * the same distance that disagree are an error, so that the order of `extends` never decides.
 */
export function inherit(file: AnyFile, bases: ReadonlyMap<string, Located<BaseFile>>): Result<Inherited> {
  const problems: Problem[] = [];
  const lineage = collectLineage(file, bases, problems);
  const scalars = (ancestor: AnyFile): Partial<Scalars> => ancestor.value;
  const nearestValue = <K extends keyof Scalars>(key: K): Scalars[K] | undefined => {
    const stating = [...lineage].filter(([ancestor]) => scalars(ancestor)[key] !== undefined);
    const least = Math.min(...stating.map(([, distance]) => distance));
    const closest = stating.filter(([, distance]) => distance === least).map(([ancestor]) => ancestor);
    const values = new Set(closest.map((ancestor) => JSON.stringify(scalars(ancestor)[key])));
    if (values.size > 1)
      problems.push({
        at: file.at(['extends']),
        problem: `the bases disagree on \`${key}\`: ${closest.map((ancestor) => ancestor.file).join(', ')}`,
        hint: `state \`${key}\` here`,
      });
    return closest[0] && scalars(closest[0])[key];
  };
  const inherited: Inherited = {
    rules: [...lineage.keys()].flatMap((ancestor) => written(ancestor, 'rules', ancestor.value.rules)),
    exceptions: [...lineage.keys()].flatMap((ancestor) =>
      written(ancestor, 'exceptions', ancestor.value.exceptions),
    ),
    default: nearestValue('default'),
    mode: nearestValue('mode'),
    contact: nearestValue('contact'),
    page: nearestValue('page'),
  };
  return problems.length > 0 ? fail(problems) : succeed(inherited);
}

/** The file and all it extends, each once with its least distance; unknown bases and cycles become problems. */
function collectLineage(
  file: AnyFile,
  bases: ReadonlyMap<string, Located<BaseFile>>,
  problems: Problem[],
): Map<AnyFile, number> {
  const lineage = new Map<AnyFile, number>();
  const visit = (current: AnyFile, trail: readonly AnyFile[]): void => {
    // A second way to a base that is no shorter brings nothing new; following all of them doubles at every diamond.
    if ((lineage.get(current) ?? Number.POSITIVE_INFINITY) <= trail.length) return;
    lineage.set(current, trail.length);
    (current.value.extends ?? []).forEach((name, index) => {
      const base = bases.get(name);
      if (base === undefined) {
        const near = nearest(name, bases.keys());
        const hint = near === undefined ? 'add a file with `base:`' : `did you mean \`${near}\`?`;
        problems.push({ at: current.at(['extends', index]), problem: `unknown base \`${name}\``, hint });
      } else if (base === current || trail.includes(base)) {
        problems.push({
          at: current.at(['extends', index]),
          problem: `\`${name}\` extends itself by way of ${current.file}`,
          hint: 'break the cycle',
        });
      } else visit(base, [...trail, current]);
    });
  };
  visit(file, []);
  return lineage;
}

function written<T>(file: AnyFile, key: string, entries: readonly T[] | undefined): Written<T>[] {
  return (entries ?? []).map((entry, index) => ({ entry, at: (...path) => file.at([key, index, ...path]) }));
}
