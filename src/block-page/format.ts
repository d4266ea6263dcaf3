/** The shapes that an answer may have, each with its media type. */
export const MEDIA_TYPES = {
  /** For people. */
  html: 'text/html; charset=utf-8',
  /** The same inside another page. */
  'framed-html': 'text/html; charset=utf-8',
  text: 'text/plain; charset=utf-8',
  /** For programs. */
  'problem-json': 'application/problem+json; charset=utf-8',
  /** For scripts in browsers, which may be anybody's: nothing is told of the reader. */
  'brief-json': 'application/problem+json; charset=utf-8',
  /** What a browser wants for a page that is not ours, which nobody reads (`subresource`). */
  svg: 'image/svg+xml; charset=utf-8',
  png: 'image/png',
  gif: 'image/gif',
  script: 'text/javascript; charset=utf-8',
  style: 'text/css; charset=utf-8',
  xslt: 'application/xslt+xml',
  font: 'font/woff2',
  audio: 'audio/mpeg',
  video: 'video/mp4',
  track: 'text/vtt; charset=utf-8',
  manifest: 'application/manifest+json',
} as const satisfies Record<string, string>;

export type Format = keyof typeof MEDIA_TYPES;

/** Whether the body is bytes, each as one character, and no text. */
export const isRaster = (format: Format): boolean => format === 'png' || format === 'gif';

/** Whether it tells of the reader: the department, the address, the contact. */
export function tellsOfReader(format: Format): boolean {
  switch (format) {
    case 'html':
    case 'framed-html':
    case 'text':
    case 'problem-json':
      return true;
    case 'brief-json':
    case 'svg':
    case 'png':
    case 'gif':
    case 'script':
    case 'style':
    case 'xslt':
    case 'font':
    case 'audio':
    case 'video':
    case 'track':
    case 'manifest':
      return false;
  }
}
