/** What a shape of answers is, beside its looks. */
type Shape = {
  readonly mediaType: string;
  /** Whether it tells of the reader: the department, the address, the contact. */
  readonly tellsOfReader: boolean;
  /** How a value is written among its text; most have no values but the code, which needs no escape anywhere. */
  readonly escaping: 'html' | 'json' | 'nothing';
};

const forReader = (mediaType: string, escaping: Shape['escaping']): Shape => ({
  mediaType,
  tellsOfReader: true,
  escaping,
});

const forAnybody = (mediaType: string, escaping: Shape['escaping'] = 'nothing'): Shape => ({
  mediaType,
  tellsOfReader: false,
  escaping,
});

/** The shapes that an answer may have. */
export const FORMATS = {
  /** For people. */
  html: forReader('text/html; charset=utf-8', 'html'),
  /** The same inside another page. */
  'framed-html': forReader('text/html; charset=utf-8', 'html'),
  text: forReader('text/plain; charset=utf-8', 'nothing'),
  /** For programs. */
  'problem-json': forReader('application/problem+json; charset=utf-8', 'json'),
  /** For scripts in browsers, which may be anybody's: nothing is told of the reader. */
  'brief-json': forAnybody('application/problem+json; charset=utf-8', 'json'),
  /** What a browser wants for a page that is not ours, which nobody reads (`subresource`). */
  svg: forAnybody('image/svg+xml; charset=utf-8', 'html'),
  png: forAnybody('image/png'),
  gif: forAnybody('image/gif'),
  script: forAnybody('text/javascript; charset=utf-8'),
  style: forAnybody('text/css; charset=utf-8'),
  xslt: forAnybody('application/xslt+xml'),
  font: forAnybody('font/woff2'),
  audio: forAnybody('audio/mpeg'),
  video: forAnybody('video/mp4'),
  track: forAnybody('text/vtt; charset=utf-8'),
  manifest: forAnybody('application/manifest+json'),
} as const satisfies Record<string, Shape>;

export type Format = keyof typeof FORMATS;

/** Whether the body is bytes, each as one character, and no text. */
export const isRaster = (format: Format): boolean => format === 'png' || format === 'gif';
