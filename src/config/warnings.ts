import type { Problem } from '../policy/result.ts';
import type { Config } from './load.ts';
import { type PacWarning, pacWarnings } from './pac-warnings.ts';

/** What in a configuration is allowed and probably not meant, by its code in docs/lint.md. */
export type ConfigWarning =
  | PacWarning
  | (Problem & { readonly code: 'unreachable-route' | 'everything-internal' | 'contrary-limits' });

export const configWarnings = (config: Config): readonly ConfigWarning[] => [
  ...unreachableRoutes(config),
  ...wholeNetworks(config),
  ...contraryLimits(config),
  ...pacWarnings(config),
];

/** The first entry that fits carries a request, so nothing comes to those behind one that fits all. */
function unreachableRoutes({ egress: { upstream }, at }: Config): readonly ConfigWarning[] {
  const last = upstream.findIndex(
    ({ domains, departments }) => domains === undefined && departments === undefined,
  );
  if (last === -1) return [];
  return upstream.slice(last + 1).map((_, offset) => ({
    code: 'unreachable-route',
    at: at(['egress', 'upstream', last + 1 + offset]),
    problem: 'no request comes to this entry: one before it has no conditions, and carries all',
    hint: 'put the entry without `domains` and `departments` last',
  }));
}

function wholeNetworks({ egress: { internalNetworks }, at }: Config): readonly ConfigWarning[] {
  return internalNetworks.flatMap(({ text, prefix }, index) =>
    prefix > 0
      ? []
      : [
          {
            code: 'everything-internal' as const,
            at: at(['egress', 'internalNetworks', index]),
            problem: `\`${text}\` opens every internal and special address, this machine's own too, to any name`,
            hint: 'list the networks of your internal servers, or their names in `internalNames`',
          },
        ],
  );
}

/** Of each pair the first bound can never be reached when it is above the second. */
const ORDERED = [
  ['connectionsPerClient', 'connections'],
  ['tunnelsPerClient', 'connectionsPerClient'],
  ['tunnelIdleMs', 'tunnelTotalMs'],
  ['halfClosedMs', 'exchangeIdleMs'],
  ['maxTargetBytes', 'maxHeaderBytes'],
] as const;

function contraryLimits({ limits, at }: Config): readonly ConfigWarning[] {
  return ORDERED.flatMap(([inner, outer]) => {
    const bound = limits[outer];
    if (bound === 'auto' || limits[inner] <= bound) return [];
    return [
      {
        code: 'contrary-limits' as const,
        at: at(['limits', inner]),
        problem: `\`${inner}\` (${limits[inner]}) is never reached: \`${outer}\` (${bound}) comes before it`,
        hint: 'lower the one, or raise the other',
      },
    ];
  });
}
