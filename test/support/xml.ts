/** A tag, or text: with nothing in it that XML has another use for (XML 1.0 sections 2.4 and 3.1). */
const TOKEN = /<(\/?)(\w+)(?: [\w:-]+="[^"<&]*")*(\/?)>|[^<&]+|&(?:amp|lt|gt);/y;

/** Those that are never closed; throws at what is no XML. */
export function openElements(xml: string): readonly string[] {
  const open: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < xml.length) {
    const start = TOKEN.lastIndex;
    const token = TOKEN.exec(xml);
    if (token === null) throw new Error(`no XML: ${xml.slice(start, start + 80)}`);
    const [, closing, name, selfClosing] = token;
    if (name === undefined || selfClosing === '/') continue;
    if (closing !== '/') open.push(name);
    else if (open.pop() !== name) throw new Error(`</${name}> closes another element`);
  }
  return open;
}
