import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/**
 * What a text says depends on the packages that read it: with another public suffix list, say, a name in a list may be
 * refused. In hex, for the keys of caches.
 */
export const PARSER_VERSION = hash(
  'sha256',
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);
