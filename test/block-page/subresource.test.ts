import { describe, expect, test } from 'vitest';
import type { Format } from '../../src/block-page/format.ts';
import { renderNotice } from '../../src/block-page/response.ts';
import { blockedByRule, notice } from './notices.ts';

const body = (format: Format, given = blockedByRule()): string =>
  renderNotice(given, { format, language: 'en' }).body;

// Covers: EV-26
describe('what a browser wants for a page of another site', () => {
  test.each([
    ['svg', 'image/svg+xml; charset=utf-8'],
    ['png', 'image/png'],
    ['gif', 'image/gif'],
    ['script', 'text/javascript; charset=utf-8'],
    ['style', 'text/css; charset=utf-8'],
    ['xslt', 'application/xslt+xml'],
    ['font', 'font/woff2'],
    ['audio', 'audio/mpeg'],
    ['video', 'video/mp4'],
    ['track', 'text/vtt; charset=utf-8'],
    ['manifest', 'application/manifest+json'],
  ] as const)('is of the type of a %s, short, and tells nothing of the reader', (format, type) => {
    const { status, headers, body: sent } = renderNotice(blockedByRule(), { format, language: 'en' });
    expect(status).toBe(403);
    const fields = new Map(headers);
    expect(fields.get('Content-Type')).toBe(type);
    expect(fields.get('Content-Length')).toBe(`${sent.length}`);
    expect(fields.get('Cache-Control')).toBe('no-store');
    expect(fields.get('X-Content-Type-Options')).toBe('nosniff');
    expect(fields.get('Postern-Incident')).toBe('7F3K-9Q2M');
    expect(sent.length).toBeLessThan(450);
    expect(sent).not.toMatch(/motie|Ministry|10\.20\.1\.7/);
  });

  test('is a drawing that says in words what it shows', () => {
    expect(body('svg')).toContain('<title>Access blocked: chat.deepseek.com (7F3K-9Q2M)</title>');
    expect(body('svg')).toMatch(/^<svg [^>]*role="img"/);
  });

  test('escapes the host, in whatever it is drawn', () => {
    expect(body('svg', blockedByRule({}, { host: '<script>&"' }))).toContain('&lt;script&gt;&amp;&quot;');
  });

  test.each([
    ['png', '89504e470d0a1a0a'],
    ['gif', '474946383961'],
  ] as const)('is a true %s, byte for byte', (format, signature) => {
    const bytes = Buffer.from(body(format), 'latin1');
    expect(bytes.subarray(0, signature.length / 2).toString('hex')).toBe(signature);
  });

  test('is a script or style of a comment alone, with the code', () => {
    for (const format of ['script', 'style'] as const)
      expect(body(format)).toBe('/* Postern: blocked, incident 7F3K-9Q2M */\n');
  });

  test('is no image of a trouble: the page may have another image for that', () => {
    const failed = notice({ kind: 'failed', error: 'connection_refused' });
    for (const format of ['svg', 'png', 'gif'] as const) {
      expect(renderNotice(failed, { format, language: 'en' }).status).toBe(502);
      expect(body(format, failed)).toBe('');
    }
  });
});
