import { blockName, blockPattern, COMMENT, type Item, type LineReader, refused } from './item.ts';
import { withoutComment } from './plain.ts';

const INCLUDE_NAME = /^[a-z0-9][a-z0-9!_.-]*$/i;

/**
 * A file of https://github.com/v2fly/domain-list-community. With `attributes`, only lines that satisfy all of them
 * count: `cn` wants `@cn` on the line, `-cn` wants it not to be there. `&affiliations` say to which other lists a
 * line also belongs; to this one it belongs anyway.
 */
export const v2flyReader =
  (attributes: readonly string[]): LineReader =>
  (line) => {
    const [rule = '', ...marks] = withoutComment(line).split(/\s+/);
    if (rule === '') return [COMMENT];
    if (marks.some((mark) => !/^[@&]./.test(mark))) return [refused('something else after the name')];
    const own = marks.filter((mark) => mark.startsWith('@')).map((mark) => mark.slice(1));
    const include = /^include:(.*)$/.exec(rule)?.[1];
    if (include !== undefined)
      return [
        INCLUDE_NAME.test(include)
          ? { kind: 'include', name: include, attributes: own }
          : refused('it includes no name of a list'),
      ];
    const isWanted = attributes.every((wanted) =>
      wanted.startsWith('-') ? !own.includes(wanted.slice(1)) : own.includes(wanted),
    );
    return [isWanted ? readRule(rule) : { kind: 'filtered' }];
  };

function readRule(rule: string): Item {
  const [, kind, text = ''] = /^([a-z]+):(.*)$/.exec(rule) ?? [undefined, 'domain', rule];
  switch (kind) {
    case 'domain':
      return blockName(text);
    case 'full':
      return blockName(`=${text}`);
    case 'keyword':
      return text === '' ? refused('it names no host') : blockPattern(escapeForRe2(text.toLowerCase()));
    case 'regexp':
      return blockPattern(text);
    default:
      return refused('a kind of rule that is not known');
  }
}

const escapeForRe2 = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
