import { addressLiteral, type Host } from '../policy/host.ts';
import type { Finding, LintedFolder } from './finding.ts';
import { writtenDomains } from './written.ts';

/** Domains without a dot: the name of a service or a list, put in the wrong place, or of a host in one's own network. */
export function findSingleLabels({ parsed, lists }: LintedFolder): readonly Finding[] {
  const services = parsed.catalogs.flatMap(({ value }) => value.services);
  const meant = (name: Host): string => {
    if (services.some(({ id }) => id === name)) return `did you mean \`services: [${name}]\`?`;
    if (lists.available.includes(name)) return `did you mean \`categories: [${name}]\`?`;
    return services.some(({ category }) => category.includes(name))
      ? `did you mean \`services: { category: [${name}] }\`?`
      : `write the whole domain, such as ${name}.com; for the one host of that name, "=${name}"`;
  };
  return writtenDomains(parsed).flatMap(({ entry: domain, file, path }): Finding[] => {
    if (domain.kind === 'any-suffix' || domain.kind === 'exact') return [];
    if (domain.host.includes('.') || addressLiteral(domain.host) !== undefined) return [];
    return [
      {
        code: 'single-label',
        at: file.at(path),
        within: file.at(path.slice(0, 2)),
        problem: `\`${domain.text}\` has no dot: it covers no site on the Internet`,
        hint: meant(domain.host),
      },
    ];
  });
}
