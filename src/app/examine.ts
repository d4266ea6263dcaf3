import { placeFiles } from '../config/file-places.ts';
import type { Config } from '../config/load.ts';
import type { PolicySet } from '../policy/policy.ts';
import { inFileOrder, type Problem } from '../policy/result.ts';
import { type ListenerCredentials, loadListenerCredentials, warningsOf } from '../proxy/listeners.ts';
import { passphraseOf } from './authority.ts';
import { type ReadLook, readLook, unknownPages } from './look.ts';
import { type Reach, type ReadUpstream, readUpstream, unknownDepartments } from './upstream.ts';

/** A configuration held against what it speaks of. */
export type Examined = {
  /** What keeps it from being used, each with its place in it. */
  readonly problems: readonly Problem[];
  /** Certificates of listeners that end soon. */
  readonly ending: readonly Problem[];
  /** Parent proxies that have no address, which may be the fault of where this runs. */
  readonly unknownParents: readonly Problem[];
  /** What its files hold; of those with problems, nothing. */
  readonly certificates: ListenerCredentials;
  readonly upstream: readonly ReadUpstream[];
  /** How pages look. Its problems keep nobody from starting: what is built in stands in. */
  readonly look: ReadLook;
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
  const certificates = loadListenerCredentials(config.listen, now);
  const upstream = readUpstream(config.egress.upstream);
  const parents = await examineParents(config, reach);
  const unreadable = [certificates, upstream, passphraseOf(config)].flatMap((read) =>
    read.ok ? [] : read.error,
  );
  const read = certificates.ok ? certificates.value : [];
  return {
    problems: [
      ...placeFiles(unreadable, config),
      ...(policies === undefined ? [] : unknownDepartments(config, policies)),
      ...parents.problems,
    ],
    ending: placeFiles(warningsOf(read), config),
    unknownParents: parents.warnings,
    certificates: read,
    upstream: upstream.ok ? upstream.value : [],
    look: examineLook(config, policies),
  };
}

/** The files of the look, and the templates that policies name. */
export function examineLook(config: Config, policies: PolicySet | undefined): ReadLook {
  const { look, problems } = readLook(config);
  const unknown = policies === undefined ? [] : unknownPages(policies, config);
  return { look, problems: inFileOrder([...placeFiles(problems, config), ...unknown]) };
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
