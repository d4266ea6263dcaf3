import Negotiator from 'negotiator';
import { createMemory } from '../policy/memory.ts';
import { bounded } from './bounded.ts';
import type { Format } from './format.ts';
import type { Wishes } from './wishes.ts';

/** Chooses among the shapes of one purpose, by `Accept`. */
type Choice = (accept: string) => Format;

/** What can be read, the one for `*` + `/*` first: most programs send just that, for people at a terminal. */
const FOR_PEOPLE = {
  'text/html': 'html',
  'application/problem+json': 'problem-json',
  'application/json': 'problem-json',
  'text/plain': 'text',
} as const satisfies Record<string, Format>;

/** The same for who reads no pages. */
const FOR_PROGRAMS = {
  'application/problem+json': 'problem-json',
  'application/json': 'problem-json',
  'text/html': 'html',
  'text/plain': 'text',
} as const satisfies Record<string, Format>;

/** Of each purpose. The same browser says the same every time, and the fleet of one organisation has few browsers. */
const MAX_KNOWN = 128;

const page = remembered(readable(FOR_PEOPLE));
const framed: Choice = (accept) => (page(accept) === 'html' ? 'framed-html' : page(accept));
const image = remembered(imageFor);
const always =
  (format: Format): Choice =>
  () =>
    format;

/**
 * What a browser says that it will use the answer for, in `Sec-Fetch-Dest` (W3C Fetch Metadata section 2.1). Another
 * value is passed over, as that section asks. Browsers say so over HTTPS alone.
 */
const BY_DESTINATION: ReadonlyMap<string, Choice> = new Map([
  ['document', page],
  ...['iframe', 'frame', 'fencedframe', 'embed', 'object'].map((name) => [name, framed] as const),
  ...['empty', 'json', 'text', 'report', 'webidentity'].map((name) => [name, always('brief-json')] as const),
  ['image', image],
  ...['script', 'worker', 'sharedworker', 'serviceworker', 'audioworklet', 'paintworklet'].map(
    (name) => [name, always('script')] as const,
  ),
  ...(['style', 'xslt', 'font', 'audio', 'video', 'track', 'manifest'] as const).map(
    (name) => [name, always(name)] as const,
  ),
]);

/** Where it is not said, the type that is wanted most tells as much. */
const BY_WANTED_TYPE: readonly (readonly [type: RegExp, choice: Choice])[] = [
  [/^image\//i, image],
  [/^text\/css$/i, always('style')],
  [/^(?:text|application)\/(?:x-)?(?:java|ecma)script$/i, always('script')],
  [/^(?:font\/|application\/(?:x-)?font-)/i, always('font')],
  [/^audio\//i, always('audio')],
  [/^video\//i, always('video')],
  [/^text\/vtt$/i, always('track')],
  [/^application\/manifest\+json$/i, always('manifest')],
];

const unsaid = remembered(byWantedType(readable(FOR_PEOPLE)));
const unsaidByProgram = remembered(byWantedType(readable(FOR_PROGRAMS)));

/**
 * The shape of the answer to a request. A client that accepts nothing we have still gets one.
 */
export function chooseFormat(wishes: Wishes): Format {
  const accept = bounded(wishes.accept ?? '*/*');
  const destination = wishes['sec-fetch-dest'];
  const choice = destination === undefined ? undefined : BY_DESTINATION.get(destination);
  if (choice !== undefined) return choice(accept);
  if (!isByProgram(wishes)) return unsaid(accept);
  const format = unsaidByProgram(accept);
  // A script says so by its origin, and may be any website's.
  return format === 'problem-json' && wishes.origin !== undefined ? 'brief-json' : format;
}

/** Whether what asks is a program that says so: a page is of use to it only when it asks for one. */
const isByProgram = (wishes: Wishes): boolean =>
  wishes.origin !== undefined ||
  wishes['x-requested-with'] !== undefined ||
  (wishes['sec-fetch-mode'] !== undefined && wishes['sec-fetch-mode'] !== 'navigate') ||
  /\bwebsocket\b/i.test(wishes.upgrade ?? '');

function readable(formats: Readonly<Record<string, Format>>): Choice {
  const types = Object.keys(formats);
  const first = formats[types[0] ?? ''] ?? 'html';
  return (accept) => formats[negotiator(accept).mediaType(types) ?? ''] ?? first;
}

function byWantedType(otherwise: Choice): Choice {
  return (accept) => {
    const [wanted = ''] = negotiator(accept).mediaTypes();
    const choice = BY_WANTED_TYPE.find(([type]) => type.test(wanted))?.[1] ?? otherwise;
    return choice(accept);
  };
}

/** SVG can say what it shows, and every browser takes it. */
function imageFor(accept: string): Format {
  const wanted = negotiator(accept);
  if (wanted.mediaType(['image/svg+xml']) !== undefined) return 'svg';
  switch (wanted.mediaType(['image/png', 'image/gif'])) {
    case 'image/png':
      return 'png';
    case 'image/gif':
      return 'gif';
    default:
      return 'svg';
  }
}

/** `application/json; charset=utf-8` asks for JSON: what we make has no variants for a parameter to choose from. */
const negotiator = (accept: string): Negotiator =>
  new Negotiator({ headers: { accept: accept.replace(/;(?![ \t]*q=)[^;,]*/gi, '') } });

function remembered(choice: Choice): Choice {
  const known = createMemory<Format>(MAX_KNOWN);
  return (accept) => known(accept, choice);
}
