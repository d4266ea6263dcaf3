import type { DepartmentFile } from './language/schema.ts';
import type { Problem } from './result.ts';
import type { Located } from './yaml/yaml-source.ts';

/** A network, port, user or group belongs to one department: else two would decide for one request. */
export function checkClaims(files: readonly Located<DepartmentFile>[], problems: Problem[]): void {
  const claimed = new Map<string, { readonly department: string; readonly at: string }>();
  for (const file of files)
    for (const { what, name, path } of claimsOf(file.value)) {
      const { department } = file.value;
      const at = file.at(['members', ...path]);
      const claim = `the ${what} ${name}`;
      const other = claimed.get(claim);
      if (other === undefined) claimed.set(claim, { department, at });
      else if (other.department === department)
        problems.push({ at, problem: `${claim} stands twice`, hint: 'remove one' });
      else
        problems.push({
          at,
          problem: `${claim} already belongs to \`${other.department}\`, at ${other.at}`,
          hint: `a ${what} belongs to one department${what === 'network' ? '; a narrower one may lie inside it' : ''}`,
        });
    }
}

type Claim = {
  readonly what: 'network' | 'port' | 'user' | 'group';
  readonly name: string;
  readonly path: readonly (string | number)[];
};

function claimsOf({ members = {} }: DepartmentFile): readonly Claim[] {
  const { networks = [], ports = [], users = [], groups = [] } = members;
  const claim = (what: Claim['what'], names: readonly string[]): Claim[] =>
    names.map((name, index) => ({ what, name, path: [`${what}s`, index] }));
  return [
    ...claim(
      'network',
      networks.map(({ text }) => text),
    ),
    ...claim('port', ports.map(String)),
    ...claim('user', users),
    ...claim('group', groups),
  ];
}
