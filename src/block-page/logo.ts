import { fail, type Problem, type Result, succeed } from '../policy/result.ts';
import { placesIn } from '../policy/yaml/yaml-places.ts';

/** Each page that is kept has it in it. */
const MAX_LOGO_BYTES = 16_384;

const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

/** What in an SVG could run, or point elsewhere. As an image in a page none of it would be heeded, by a browser of today. */
const UNWANTED: readonly (readonly [what: RegExp, problem: string])[] = [
  [/<\s*(?:[\w-]+:)?(?:script|handler|listener)\b/gi, 'it has a script'],
  [/<\s*(?:[\w-]+:)?(?:foreignobject|iframe|embed|object|audio|video|a)\b/gi, 'it holds more than a drawing'],
  [/[\s"'/]on[a-z]+\s*=/gi, 'it has an event handler'],
  [/<!(?:doctype|entity)|<!\[|<\?(?!xml\s)/gi, 'it has declarations of its own'],
  [/href\s*=\s*(?!["'](?:#|data:image\/(?:png|jpeg|gif);))/gi, 'it refers to something elsewhere'],
  [/url\(\s*(?!["']?#)/gi, 'it refers to something elsewhere'],
  [/@import|&#|\\[0-9a-f]/gi, 'it refers to something elsewhere, or hides what it says'],
];

/** The logo as a `data:` URI. `file` is what messages call it. */
export function parseLogo(file: string, bytes: Uint8Array): Result<string> {
  const refuse = (problem: string, at = file): Result<never> => fail([{ at, problem, hint: HINT }]);
  if (bytes.length > MAX_LOGO_BYTES) return refuse(`the logo is larger than ${MAX_LOGO_BYTES / 1024} kB`);
  const buffer = Buffer.from(bytes);
  const uri = (type: string): string => `data:image/${type};base64,${buffer.toString('base64')}`;
  if (buffer.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE)) return succeed(uri('png'));
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(buffer);
  } catch {
    return refuse('the logo is neither SVG nor PNG');
  }
  if (!/^\s*(?:<\?xml\s[^>]*\?>\s*)?(?:<!--[\s\S]*?-->\s*)*<svg[\s>]/.test(text))
    return refuse('the logo is neither SVG nor PNG');
  const problems = unwantedIn(file, text);
  return problems.length > 0 ? fail(problems) : succeed(uri('svg+xml'));
}

const HINT = 'save it anew as a plain SVG, or as a PNG of at most 16 kB';

function unwantedIn(file: string, text: string): readonly Problem[] {
  const place = placesIn(file, text);
  return UNWANTED.flatMap(([what, problem]) => {
    const index = text.search(what);
    return index < 0 ? [] : [{ at: place(index), problem: `the logo is refused: ${problem}`, hint: HINT }];
  });
}
