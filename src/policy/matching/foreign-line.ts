/** What lines of other formats look like that are no line of ours. The first that fits is told. */
const FORMS: readonly (readonly [format: string, form: RegExp])[] = [
  ['a hosts', /^(?:\d{1,3}(?:\.\d{1,3}){3}|0|[\da-f]*:[\da-f:]*(?:%\w+)?)\s+[^\s#]/i],
  ['a dnsmasq', /^(?:address|server|local)=\//],
  ['an Adblock', /^!|^\|\||^\|https?:|^@@|^\[Adblock|#@?[?$%]{0,2}#|^[^\s/]+\^|\$(?:~?[\w-]+)(?:[,=]|$)/i],
  ['an RPZ zone', /^\$(?:TTL|ORIGIN)\s|^;|\sCNAME\s+\S+$/i],
  ['a v2fly', /^(?:domain|full|keyword|regexp|include):/],
];

/**
 * What to do about a line of a list in `lists/` that comes from a list of another format; undefined when it looks like
 * none. It is meant for lines that cannot be read, and says nothing of whether a line can.
 */
export function foreignLineHint(text: string): string | undefined {
  const line = text.trim();
  const format = FORMS.find(([, form]) => form.test(line))?.[0];
  return format === undefined
    ? undefined
    : `this looks like a line of ${format} file: \`postern list import FILE --name …\` reads those`;
}
