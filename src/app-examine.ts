import { prepareRoutes, type Reach, unknownDepartments } from './app-upstream.ts';
import { placeFiles } from './config/file-places.ts';
import type { Config } from './config/load.ts';
import type { PolicySet } from './policy/policy.ts';
import type { Problem } from './policy/result.ts';
import { loadCredentials } from './proxy/listeners.ts';

/** A configuration held against what it speaks of. */
export type Examined = {
  /** What keeps it from being used, each with its place in it. */
  readonly problems: readonly Problem[];
  /** Certificates of listeners that end soon. */
  readonly ending: readonly Problem[];
  /** Parent proxies that have no address, which may be the fault of where this runs. */
  readonly unknownParents: readonly Problem[];
};

/**
 * Reads the files that a configuration names, and looks for the departments and the parent proxies in it. `policies` is
 * undefined where there are none to look in.
 */
export async function examineConfig(
  config: Config,
  policies: PolicySet | undefined,
  reach: Reach,
  now: Date,
): Promise<Examined> {
  const credentials = loadCredentials(config.listen, now);
  const routes = prepareRoutes(config);
  const parents = await examineParents(config, reach);
  return {
    problems: [
      ...(credentials.ok ? [] : placeFiles(credentials.error, config)),
      ...(routes.ok ? [] : routes.error),
      ...(policies === undefined ? [] : unknownDepartments(config, policies)),
      ...parents.problems,
    ],
    ending: credentials.ok
      ? placeFiles(
          [...credentials.value.values()].flatMap(({ warnings }) => warnings),
          config,
        )
      : [],
    unknownParents: parents.warnings,
  };
}

/** A parent that is ourselves would send each request round in a circle. One whose name has no address is only odd. */
async function examineParents(
  { egress: { upstream }, at }: Config,
  { resolve, egress }: Reach,
): Promise<{ readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] }> {
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const parents = upstream.flatMap(({ proxies }, entry) =>
    proxies.flatMap((proxy, index) =>
      proxy === 'direct'
        ? []
        : [{ url: proxy.url, place: at(['egress', 'upstream', entry, 'proxies', index, 'url']) }],
    ),
  );
  await Promise.all(
    parents.map(async ({ url: { host, port }, place }) => {
      const resolved = await resolve(host);
      if (!resolved.ok)
        warnings.push({
          at: place,
          problem: `the parent proxy ${host}:${port} cannot be looked up: ${resolved.error}`,
          hint: 'check the name, and the name servers',
        });
      else if (resolved.value.some((address) => egress.isOwnListener(address, port)))
        problems.push({
          at: place,
          problem: `the parent proxy ${host}:${port} is this Postern itself`,
          hint: 'name another proxy; one on this machine must listen on another port than Postern',
        });
    }),
  );
  return { problems, warnings };
}
