import { nearest } from './nearest.ts';
import type { Problem } from './result.ts';
import type { CatalogFile, HostsEntry } from './schema.ts';
import type { Located } from './yaml-source.ts';

export type Service = CatalogFile['services'][number];

/** The known services by id. */
export type Catalog = ReadonlyMap<string, Service>;

type Selector = NonNullable<HostsEntry['services']>;

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
  catalog: Catalog,
  selector: Selector,
  placeOf: (...path: (string | number)[]) => string,
  problems: Problem[],
): readonly Service[] {
  if (Array.isArray(selector))
    return selector.flatMap((id, index) => {
      const service = catalog.get(id);
      if (service === undefined) problems.push(unknown('service', id, catalog.keys(), placeOf(index)));
      return service ?? [];
    });
  const before = problems.length;
  checkNames(catalog, selector, placeOf, problems);
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
  catalog: Catalog,
  selector: Exclude<Selector, readonly string[]>,
  placeOf: (...path: (string | number)[]) => string,
  problems: Problem[],
): void {
  for (const property of PROPERTIES) {
    const known = new Set([...catalog.values()].flatMap((service) => valuesOf(service, property)));
    (selector[property] ?? []).forEach((value, index) => {
      if (!known.has(value)) problems.push(unknown(property, value, known, placeOf(property, index)));
    });
  }
}

function unknown(what: string, name: string, known: Iterable<string>, at: string): Problem {
  const near = nearest(name, known);
  const hint =
    near === undefined ? 'check its spelling, or add it to policies/catalog/' : `did you mean \`${near}\`?`;
  return {
    at,
    problem: `no service of the catalog has the ${what === 'service' ? 'id' : what} \`${name}\``,
    hint,
  };
}
