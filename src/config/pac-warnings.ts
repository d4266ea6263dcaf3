import { type Network, networkContains, parseNetwork } from '../policy/network.ts';
import type { Problem } from '../policy/result.ts';
import type { Config } from './load.ts';

/** Ways around the proxy that are allowed and perhaps not meant, and one that is meant and not there. */
export type PacWarning = Problem & {
  readonly code: 'pac-fallback' | 'pac-public-network' | 'pac-any-suffix';
};

export const pacWarnings = (config: Config): readonly PacWarning[] => [
  ...fallback(config),
  ...publicNetworks(config),
  ...anySuffixes(config),
];

function fallback({ pac, at }: Config): readonly PacWarning[] {
  if (pac.fallback === 'none') return [];
  return [
    {
      code: 'pac-fallback',
      at: at(['pac', 'fallback']),
      problem: 'clients go around the proxy whenever it does not answer: nothing is blocked or logged then',
      hint: 'name a second proxy in `pac.proxies`, and have the firewall refuse all other ways out',
    },
  ];
}

function publicNetworks({ pac, at }: Config): readonly PacWarning[] {
  return pac.direct.flatMap((entry, index) =>
    entry.kind !== 'network' || isPrivate(entry.network)
      ? []
      : [
          {
            code: 'pac-public-network' as const,
            at: at(['pac', 'direct', index]),
            problem: `clients go around the proxy to \`${entry.network.text}\`, which is no private network`,
            hint: 'remove it, unless all of its addresses are your own',
          },
        ],
  );
}

function anySuffixes({ pac, egress, at }: Config): readonly PacWarning[] {
  if (!pac.direct.some((entry) => entry.kind === 'group' && entry.group === '<internal>')) return [];
  return egress.internalNames.flatMap(({ kind, text }, index) =>
    kind !== 'any-suffix'
      ? []
      : [
          {
            code: 'pac-any-suffix' as const,
            at: at(['egress', 'internalNames', index]),
            problem: `\`${text}\` goes by the proxy all the same: a PAC file, with \`<internal>\` in \`pac.direct\`, knows no public suffixes`,
            hint: 'write each domain',
          },
        ],
  );
}

/** RFC 1918, RFC 6598, RFC 4193, and what never leaves a link or a machine. */
const PRIVATE: readonly Network[] = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '127.0.0.0/8',
  'fc00::/7',
  'fe80::/10',
  '::1',
].flatMap((text) => {
  const network = parseNetwork(text);
  return network.ok ? [network.value] : [];
});

const isPrivate = ({ text, prefix }: Network): boolean => {
  const [first = ''] = text.split('/');
  return PRIVATE.some((network) => prefix >= network.prefix && networkContains(network, first));
};
