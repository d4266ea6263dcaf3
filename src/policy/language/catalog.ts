import { nearest } from '../nearest.ts';
import type { Problem } from '../result.ts';
import type { Located } from '../yaml/yaml-source.ts';
import type { CatalogFile, HostsEntry } from './schema.ts';

export type Service = CatalogFile['services'][number];

/** The known services by id. */
export type Catalog = ReadonlyMap<string, Service>;

type Selector = NonNullable<HostsEntry['services']>;

/** What a selector can name, and the names of the lists, with which its words are easily confused. */
export type Selectable = { readonly catalog: Catalog; readonly lists: readonly string[] };

/** Duplicates are noted as problems; the first entry stands, so that they cause no further ones. */
export function buildCatalog(files: readonly Located<CatalogFile>[], problems: Problem[]): Catalog {
  const services = new Map<string, Service>();
  const places = new Map<string, string>();
  for (const file of files)
    file.value.services.forEach((service, index) => {
      const at = file.at(['services', index, 'id']);
      const earlier = places.get(service.id);
      if (earlier !== undefined) {
        const problem = `the service \`${service.id}\` stands twice in the catalog, first at ${earlier}`;
        problems.push({ at, problem, hint: 'merge the two entries' });
        return;
      }
      services.set(service.id, service);
      places.set(service.id, at);
    });
  return services;
}

/**
 * The services that a rule selects. A name that selects nothing is a problem even beside others that
 * do: it is a slip, and would leave a hole. `placeOf` gives the place of a part of the selector.
 */
export function selectServices(
  selectable: Selectable,
  selector: Selector,
  placeOf: (...path: (string | number)[]) => string,
  problems: Problem[],
): readonly Service[] {
  const { catalog } = selectable;
  if (Array.isArray(selector))
    return selector.flatMap((id, index) => {
      const service = catalog.get(id);
      if (service === undefined) problems.push(unknownService(id, selectable, placeOf(index)));
      return service ?? [];
    });
  const before = problems.length;
  checkNames(selectable, selector, placeOf, problems);
  const chosen = [...catalog.values()].filter((service) =>
    PROPERTIES.every((property) => {
      const wanted: readonly string[] | undefined = selector[property];
      return wanted === undefined || valuesOf(service, property).some((value) => wanted.includes(value));
    }),
  );
  if (chosen.length === 0 && problems.length === before)
    problems.push({
      at: placeOf(),
      problem: 'no service has all of these',
      hint: 'its keys are joined by AND: relax one',
    });
  return chosen;
}

const PROPERTIES = ['category', 'operator', 'jurisdiction'] as const;

function valuesOf(service: Service, property: (typeof PROPERTIES)[number]): readonly string[] {
  return property === 'category' ? service.category : [service[property]];
}

function checkNames(
  { catalog, lists }: Selectable,
  selector: Exclude<Selector, readonly string[]>,
  placeOf: (...path: (string | number)[]) => string,
  problems: Problem[],
): void {
  for (const property of PROPERTIES) {
    const known = new Set([...catalog.values()].flatMap((service) => valuesOf(service, property)));
    (selector[property] ?? []).forEach((value, index) => {
      if (known.has(value)) return;
      const elsewhere = property === 'category' ? hintToList(value, lists) : undefined;
      problems.push({
        at: placeOf(property, index),
        problem: `no service of the catalog has the ${property} \`${value}\``,
        hint: elsewhere ?? hintTo(value, known),
      });
    });
  }
}

function unknownService(id: string, { catalog, lists }: Selectable, at: string): Problem {
  return {
    at,
    problem: `no service of the catalog has the id \`${id}\``,
    hint: hintToCategory(id, catalog) ?? hintToList(id, lists) ?? hintTo(id, catalog.keys()),
  };
}

const hintTo = (name: string, known: Iterable<string>): string => {
  const near = nearest(name, known);
  return near === undefined ? 'check its spelling, or add it to the catalog' : `did you mean \`${near}\`?`;
};

const hintToList = (name: string, lists: readonly string[]): string | undefined =>
  lists.includes(name) ? `there is a list of that name: write categories: [${name}]` : undefined;

/** Where a name that is no service's and no list's is a category of the catalog: how to say that. */
export const hintToCategory = (name: string, catalog: Catalog): string | undefined =>
  [...catalog.values()].some(({ category }) => category.includes(name))
    ? `the catalog has this category: write services: { category: [${name}] }`
    : undefined;
