import { BOILERPLATE, blockName, COMMENT, type LineReader, refused } from './item.ts';
import { withoutComment } from './plain.ts';

/** Names that hosts files define for the machine itself. */
const OWN_NAMES = new Set([
  'localhost',
  'localhost.localdomain',
  'localhost4',
  'localhost6',
  'local',
  'broadcasthost',
  'ip6-localhost',
  'ip6-loopback',
  'ip6-localnet',
  'ip6-mcastprefix',
  'ip6-allnodes',
  'ip6-allrouters',
  'ip6-allhosts',
  '0.0.0.0',
]);

/** Addresses that lead nowhere: to map a name to one of them is to block it. */
const NOWHERE = /^(?:0|0\.0\.0\.0|127\.\d+\.\d+\.\d+|::[01]?)$/;

/**
 * `0.0.0.0 name [name…]`. A hosts file names single hosts, so an entry is that host alone; `withSubdomains` widens it to
 * all names below.
 */
export const hostsReader =
  (withSubdomains: boolean): LineReader =>
  (line) => {
    const [address = '', ...names] = withoutComment(line).split(/\s+/);
    if (address === '') return [COMMENT];
    if (names.length === 0) return [refused('no address with names after it')];
    return names.map((name) => {
      if (OWN_NAMES.has(name.toLowerCase())) return BOILERPLATE;
      if (!NOWHERE.test(address)) return refused('it maps a name to an address, and blocks nothing');
      return blockName(withSubdomains ? name : `=${name}`);
    });
  };
