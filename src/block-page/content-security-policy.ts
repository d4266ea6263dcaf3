import type { Content } from './content.ts';
import type { Format } from './format.ts';
import { STYLE_HASH } from './style.ts';

/**
 * The page runs in the blocked site's origin: it may run, load, submit and be framed by nothing. Its styles are named by
 * their hashes, and images may only stand in the page itself.
 */
export function contentSecurityPolicy(
  { page, logo }: Pick<Content, 'page' | 'logo'>,
  format: Format,
): string {
  const styles = page === undefined ? [STYLE_HASH] : page.styleHashes;
  const hasImages = logo !== undefined || page?.hasImages === true;
  return [
    "default-src 'none'",
    `style-src ${styles.length === 0 ? "'none'" : styles.map((hash) => `'${hash}'`).join(' ')}`,
    ...(hasImages ? ['img-src data:'] : []),
    "base-uri 'none'",
    "form-action 'none'",
    // But where the browser says that a frame is what it is for, and would show nothing in its place.
    ...(format === 'framed-html' ? [] : ["frame-ancestors 'none'"]),
  ].join('; ');
}
