import type { DomainPattern } from './domain-pattern.ts';
import { nearest } from './nearest.ts';
import { fail, type Problem, type Result, succeed } from './result.ts';
import type { CatalogFile, Target } from './schema.ts';
import type { Located } from './yaml-source.ts';

export type Service = CatalogFile['services'][number];

/** The known services by id. */
export type Catalog = ReadonlyMap<string, Service>;

type Selector = NonNullable<Target['services']>;

export function buildCatalog(files: readonly Located<CatalogFile>[]): Result<Catalog> {
  const services = new Map<string, Service>();
  const problems: Problem[] = [];
  for (const file of files)
    file.value.services.forEach((service, index) => {
      if (services.has(service.id))
        problems.push({
          at: file.at(['services', index, 'id']),
          problem: `the service \`${service.id}\` stands twice in the catalog`,
          hint: 'merge the two entries',
        });
      services.set(service.id, service);
    });
  return problems.length > 0 ? fail(problems) : succeed(services);
}

/** The domains of the services that a rule selects; an unknown service, or a selector that finds none, is an error. */
export function selectDomains(
  catalog: Catalog,
  selector: Selector,
  placeOf: (index: number) => string,
): Result<readonly DomainPattern[]> {
  if (!Array.isArray(selector)) return selectByProperties(catalog, selector, placeOf(0));
  const problems: Problem[] = [];
  const domains = selector.flatMap((id, index) => {
    const service = catalog.get(id);
    if (service !== undefined) return service.domains;
    const near = nearest(id, catalog.keys());
    problems.push({
      at: placeOf(index),
      problem: `unknown service \`${id}\``,
      hint: near === undefined ? 'add it to the catalog' : `did you mean \`${near}\`?`,
    });
    return [];
  });
  return problems.length > 0 ? fail(problems) : succeed(domains);
}

function selectByProperties(
  catalog: Catalog,
  selector: Exclude<Selector, readonly string[]>,
  at: string,
): Result<readonly DomainPattern[]> {
  const chosen = [...catalog.values()].filter(
    (service) =>
      (selector.category?.some((category) => service.category.includes(category)) ?? true) &&
      (selector.operator?.includes(service.operator) ?? true) &&
      (selector.jurisdiction?.includes(service.jurisdiction) ?? true),
  );
  if (chosen.length > 0 && Object.keys(selector).length > 0)
    return succeed(chosen.flatMap((service) => service.domains));
  const known = [...new Set([...catalog.values()].flatMap((service) => service.category))].sort();
  return fail([
    { at, problem: 'the selector finds no service', hint: `categories in the catalog: ${known.join(', ')}` },
  ]);
}
