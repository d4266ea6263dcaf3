import { addressLiteral, type Host } from '../host.ts';
import { suffixParts } from '../public-suffix.ts';
import { type Match, specificityOf } from './name-table.ts';

/** Which sets name a host by the form `a.*`: that name under every public suffix, and all below it. */
export type SuffixIndex = { collect(host: Host, into: Match[]): void };

/** Of `deepseek.*`, `name` is `deepseek`: one canonical label. An entry that comes twice counts once. */
export function buildSuffixIndex(entries: Iterable<readonly [name: string, set: number]>): SuffixIndex {
  const setsByName = new Map<string, Set<number>>();
  for (const [name, set] of entries) setsByName.set(name, (setsByName.get(name) ?? new Set()).add(set));
  const mayBeNamed = setsByName.size <= FEW_NAMES ? searchOf(setsByName) : labelFilterOf(setsByName);
  return {
    collect(host, into) {
      if (!mayBeNamed(host) || addressLiteral(host) !== undefined) return;
      const { registrableName, registrableDomain } = suffixParts(host);
      if (registrableName === undefined || registrableDomain === undefined) return;
      const specificity = specificityOf(registrableDomain.split('.').length, 'any-suffix');
      for (const set of setsByName.get(registrableName) ?? []) into.push({ set, specificity });
    },
  };
}

type Names = ReadonlyMap<string, unknown>;

/**
 * Whether a host may have a name among its labels. To ask the public suffix list costs more than all the rest of a
 * decision, so it is only for these.
 */
type Filter = (host: Host) => boolean;

/** So many are looked for one by one, each by one search of the whole host. */
const FEW_NAMES = 4;

function searchOf(names: Names): Filter {
  const labels = [...names.keys()].map((name) => `${name}.`); // the end of a longer label does no harm
  return (host) => {
    for (const label of labels) if (host.includes(label)) return true;
    return false;
  };
}

/** Looks at the host's labels, whatever the number of names. */
function labelFilterOf(names: Names): Filter {
  /** By the length of a name, modulo 32: a bit for each first character, modulo 32. */
  const firstCharacters = new Uint32Array(32);
  for (const name of names.keys()) {
    const at = name.length % 32;
    firstCharacters[at] = (firstCharacters[at] as number) | (1 << (name.charCodeAt(0) % 32));
  }
  return (host) => {
    let start = 0;
    for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', start)) {
      const first = 1 << (host.charCodeAt(start) % 32);
      const mayBeName = ((firstCharacters[(dot - start) % 32] as number) & first) !== 0;
      if (mayBeName && names.has(host.slice(start, dot))) return true;
      start = dot + 1;
    }
    return false;
  };
}
