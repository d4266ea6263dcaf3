import { blockName, COMMENT, exceptName, type Item, type LineReader, refused } from './item.ts';
import { withoutComment } from './plain.ts';

/**
 * Configuration of dnsmasq (https://thekelleys.org.uk/dnsmasq/docs/dnsmasq-man.html): `address=/a.b/…`, `local=/a.b/`
 * and `server=/a.b/` keep a name and all below it from being resolved; `server=/a.b/#` excepts one from that.
 */
export const dnsmasqReader = (): LineReader => (line) => {
  const text = withoutComment(line);
  if (text === '') return [COMMENT];
  const [, option, names, target] = /^(address|server|local)=\/(.*)\/([^/]*)$/.exec(text) ?? [];
  if (option === undefined || names === undefined || target === undefined)
    return [refused('no option that blocks a name')];
  return names.split('/').map((name) => readName(name.replace(/^\./, ''), option, target));
};

function readName(name: string, option: string, target: string): Item {
  if (name === '#') return refused('`#` names every host');
  if (name === '') return refused('it names no host');
  if (option === 'address' || target === '') return blockName(name);
  if (target === '#') return exceptName(name);
  return refused('it sends a name to another name server, and blocks nothing');
}
