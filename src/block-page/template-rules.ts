import type { Fault } from '../policy/yaml/yaml-places.ts';
import type { Attribute } from './template-markup.ts';

/** Attributes that any element may have, beside `aria-…`. */
const GLOBAL_ATTRIBUTES = ['class', 'id', 'lang', 'dir', 'title', 'role', 'hidden', 'translate'];

const DRAWING = [
  ...[
    'fill',
    'fill-rule',
    'stroke',
    'stroke-width',
    'stroke-linecap',
    'stroke-linejoin',
    'opacity',
    'transform',
  ],
  ...['d', 'points', 'x', 'y', 'x1', 'x2', 'y1', 'y2', 'cx', 'cy', 'r', 'rx', 'ry', 'width', 'height'],
];

const PLAIN_ELEMENTS =
  'html head title style body header main footer section article aside nav div p span h1 h2 h3 h4 h5 h6 ul li dl dt dd em strong b i small abbr address code kbd pre blockquote figure figcaption table caption thead tbody tr bdi br hr summary wbr sub sup s u mark';

/** What a template may be made of, and the attributes that each may have beside those of all. Whatever is not here is refused. */
const ELEMENTS: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(PLAIN_ELEMENTS.split(' ').map((name) => [name, []])),
  meta: ['charset', 'name', 'content'],
  a: ['href', 'rel'],
  img: ['src', 'alt', 'width', 'height'],
  time: ['datetime'],
  ol: ['start', 'reversed'],
  th: ['colspan', 'rowspan', 'scope'],
  td: ['colspan', 'rowspan'],
  details: ['open'],
  svg: ['viewbox', 'focusable', ...DRAWING],
  ...Object.fromEntries(
    ['g', 'path', 'circle', 'ellipse', 'rect', 'line', 'polyline', 'polygon'].map((name) => [name, DRAWING]),
  ),
};

/** Elements that have no end tag. */
export const VOID: ReadonlySet<string> = new Set(['meta', 'img', 'br', 'hr', 'wbr']);

/** Elements that a paragraph of a slot's own cannot stand in. */
export const PHRASES: ReadonlySet<string> = new Set(
  'p span h1 h2 h3 h4 h5 h6 em strong b i small abbr code kbd pre a bdi summary dt sub sup s u mark time'.split(
    ' ',
  ),
);

/** Where an element may stand, if not wherever there is text. */
export const PARENTS: Readonly<Record<string, string>> = {
  html: '',
  head: 'html',
  body: 'html',
  title: 'head',
  meta: 'head',
  style: 'head',
};

/** Attributes that may have a slot in their value: none of these is a link, or says what is fetched. */
export const SLOTTED: ReadonlySet<string> = new Set([
  'class',
  'lang',
  'dir',
  'title',
  'alt',
  'aria-label',
  'datetime',
]);

const FORMS = new Set('form input button select option textarea label fieldset datalist output'.split(' '));
const LOADED = new Set(
  'link iframe frame object embed base video audio source track picture portal applet template slot'.split(
    ' ',
  ),
);

/** Why an element is refused; undefined when it is not. */
export function faultOfElement(name: string): Fault | undefined {
  if (name === 'script' || name === 'noscript')
    return { problem: `\`<${name}>\`: a page has no scripts`, hint: 'it must work without: remove it' };
  if (FORMS.has(name))
    return { problem: `\`<${name}>\`: a page has no forms`, hint: 'link to a page that has one' };
  if (LOADED.has(name))
    return {
      problem: `\`<${name}>\` loads something from elsewhere`,
      hint: 'put what is needed into this file',
    };
  if (Object.hasOwn(ELEMENTS, name)) return undefined;
  return {
    problem: `\`<${name}>\` has no place in a page`,
    hint: 'use an element for text, such as <p> or <div>',
  };
}

/** Why an attribute is refused; undefined when it is not. */
export function faultOfAttribute(element: string, { name: written, value }: Attribute): Fault | undefined {
  const name = written.toLowerCase();
  if (name.startsWith('on'))
    return { problem: `\`${written}=\` is an event handler`, hint: 'a page has no scripts: remove it' };
  if (name === 'style')
    return { problem: '`style=` would not be heeded', hint: 'write the style in <style>, by a class' };
  const isKnown =
    GLOBAL_ATTRIBUTES.includes(name) || /^aria-[a-z]+$/.test(name) || ELEMENTS[element]?.includes(name);
  if (!isKnown)
    return { problem: `\`<${element}>\` has no attribute \`${written}\` here`, hint: 'remove it' };
  if (name === 'href' && !/^(?:https?:\/\/|mailto:|tel:|#)/.test(value ?? ''))
    return {
      problem: `\`href="${value ?? ''}"\` leads nowhere from here`,
      hint: 'write https://, mailto:, tel: or #',
    };
  if (name === 'src' && !/^data:image\/(?:png|jpeg|gif|webp|svg\+xml)[;,]/.test(value ?? ''))
    return { problem: 'the image lies elsewhere', hint: 'put it in as `data:image/…`, or use {{logo}}' };
  return undefined;
}

const ESCAPE = /\\([0-9a-f]{1,6})\s?/gi;
const LOADING =
  /@import|@font-face|\b(?:url|src|image|image-set|element)\(\s*(?!\s|["']?(?:data:image\/|#))/gi;

/** What in a style would be fetched, and in which of its lines. That it cannot be, the page's policy sees to as well. */
export function faultsOfStyle(css: string): readonly (Fault & { readonly offset: number })[] {
  let offset = 0;
  return css.split('\n').flatMap((line) => {
    const start = offset;
    offset += line.length + 1;
    const read = line.replace(ESCAPE, (_, hex: string) => character(hex)); // an escape may spell `url`
    return [...read.matchAll(LOADING)].map(({ 0: found, index }) => ({
      offset: start + Math.min(index, line.length),
      problem: `\`${found.trim()}\` in the style loads something from elsewhere`,
      hint: 'use what the system has, or an image as `data:image/…`',
    }));
  });
}

const character = (hex: string): string => {
  const code = Number.parseInt(hex, 16);
  return code > 0 && code <= 0xffff ? String.fromCharCode(code) : '\ufffd';
};
