import type { Content } from './content.ts';
import type { Format } from './format.ts';
import { html } from './html.ts';

/** The formats of what a browser wants for a page that is not ours. */
export type SubresourceFormat = Exclude<
  Format,
  'html' | 'framed-html' | 'text' | 'problem-json' | 'brief-json'
>;

/** A pixel that is not seen, as bytes. */
const CLEAR_PNG = bytes(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNgYAAAAAMAASsJTYQAAAAASUVORK5CYII=',
);
const CLEAR_GIF = bytes('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7');

/**
 * As small as its type allows. With its status no script runs and no style, font or worker is used; only an image may be
 * shown in spite of it, so a block is drawn as one. Of a trouble there is no image: the page may have another for it.
 */
export function renderSubresource(content: Content, format: SubresourceFormat): string {
  switch (format) {
    case 'svg':
      return content.kind === 'blocked' ? barredCircle(content) : '';
    case 'png':
      return content.kind === 'blocked' ? CLEAR_PNG : '';
    case 'gif':
      return content.kind === 'blocked' ? CLEAR_GIF : '';
    case 'script':
    case 'style':
      return `/* Postern: ${content.kind}, incident ${content.code} */\n`;
    case 'xslt':
    case 'font':
    case 'audio':
    case 'video':
    case 'track':
    case 'manifest':
      return '';
  }
}

/** It says what it is when it is read aloud, or opened by itself. */
const barredCircle = ({ language, words, kind, host, code }: Content): string =>
  html`<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24" role="img" lang="${language}">
<title>${words.kinds[kind]}: ${host ?? words.site.unnamed} (${code})</title>
<g fill="none" stroke="#b3261e" stroke-width="2"><circle cx="12" cy="12" r="9"/><path d="M5.6 5.6l12.8 12.8"/></g>
</svg>
`.markup;

function bytes(base64: string): string {
  return Buffer.from(base64, 'base64').toString('latin1');
}
