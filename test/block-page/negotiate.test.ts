import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FORMATS } from '../../src/block-page/format.ts';
import { negotiate } from '../../src/block-page/negotiate.ts';

const CHROME =
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7';

describe('the format follows Accept', () => {
  test.each([
    [undefined, 'html'],
    ['', 'html'],
    ['*/*', 'html'],
    [CHROME, 'html'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'html'],
    ['text/*', 'html'],
    ['model/vrml', 'html'],
    ['*/*;q=0', 'html'],
    ['application/json', 'problem-json'],
    ['application/problem+json', 'problem-json'],
    ['application/*', 'problem-json'],
    ['application/json, text/plain, */*', 'problem-json'],
    ['application/json, text/javascript, */*; q=0.01', 'problem-json'],
    ['application/json; charset=utf-8', 'problem-json'],
    ['application/json;odata=verbose;q=0.9, text/html;q=0.5', 'problem-json'],
    ['text/html;q=0.4, application/json', 'problem-json'],
    ['APPLICATION/JSON', 'problem-json'],
    ['text/plain', 'text'],
    ['text/plain; q=0.9, text/html; q=0.1', 'text'],
    ['text/html;q=0, text/plain', 'text'],
  ])('%s → %s', (accept, format) => {
    expect(negotiate({ accept }).format).toBe(format);
  });
});

describe('without another word from a browser, the wanted type tells what an answer is for', () => {
  test.each([
    ['image/avif,image/webp,*/*;q=0.8', 'svg'], // Firefox
    ['image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8', 'svg'], // Chromium
    ['image/webp,image/avif,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5', 'svg'], // Safari
    ['image/png', 'png'],
    ['image/gif;q=0.9, image/png;q=0.2', 'gif'],
    ['image/webp', 'svg'],
    ['text/css,*/*;q=0.1', 'style'],
    ['text/javascript, application/javascript, */*; q=0.01', 'script'],
    ['application/font-woff2;q=1.0,application/font-woff;q=0.9,*/*;q=0.8', 'font'],
    ['audio/webm,audio/ogg,audio/wav,audio/*;q=0.9,*/*;q=0.5', 'audio'],
    ['video/webm,video/ogg,video/*;q=0.9,application/ogg;q=0.7,audio/*;q=0.6,*/*;q=0.5', 'video'],
    ['text/vtt', 'track'],
    ['application/manifest+json,*/*;q=0.8', 'manifest'],
  ])('%s → %s', (accept, format) => {
    expect(negotiate({ accept }).format).toBe(format);
  });
});

describe('a browser says what an answer is for (Sec-Fetch-Dest), and that counts more than Accept', () => {
  test.each([
    ['document', CHROME, 'html'],
    ['document', 'application/json', 'problem-json'],
    ['iframe', CHROME, 'framed-html'],
    ['frame', CHROME, 'framed-html'],
    ['object', '*/*', 'framed-html'],
    ['embed', '*/*', 'framed-html'],
    ['empty', '*/*', 'brief-json'],
    ['empty', 'text/html', 'brief-json'],
    ['json', '*/*', 'brief-json'],
    ['image', 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8', 'svg'],
    ['image', 'image/png', 'png'],
    ['script', '*/*', 'script'],
    ['worker', '*/*', 'script'],
    ['sharedworker', '*/*', 'script'],
    ['serviceworker', '*/*', 'script'],
    ['audioworklet', '*/*', 'script'],
    ['style', 'text/css,*/*;q=0.1', 'style'],
    ['xslt', '*/*', 'xslt'],
    ['font', '*/*', 'font'],
    ['audio', '*/*', 'audio'],
    ['video', '*/*', 'video'],
    ['track', '*/*', 'track'],
    ['manifest', '*/*', 'manifest'],
    ['teapot', '*/*', 'html'],
    ['Document', 'image/png', 'png'],
  ])('%s, %s → %s', (destination, accept, format) => {
    expect(negotiate({ accept, 'sec-fetch-dest': destination }).format).toBe(format);
  });
});

describe('a program that says so gets JSON where it names nothing else', () => {
  test.each([
    ['by its header', { 'x-requested-with': 'XMLHttpRequest' }, 'problem-json'],
    ['by its mode', { 'sec-fetch-mode': 'cors' }, 'problem-json'],
    ['by its protocol', { upgrade: 'WebSocket' }, 'problem-json'],
    ['by the origin of its script', { origin: 'http://a.example' }, 'brief-json'],
    ['by the lack of one', { origin: 'null' }, 'brief-json'],
  ] as const)('%s', (_name, said, format) => {
    expect(negotiate(said).format).toBe(format);
    expect(negotiate({ ...said, accept: '*/*' }).format).toBe(format);
    expect(negotiate({ ...said, accept: 'application/json, text/plain, */*' }).format).toBe(format);
    expect(negotiate({ ...said, accept: 'text/html, */*; q=0.01' }).format).toBe('html');
    expect(negotiate({ ...said, accept: 'text/plain' }).format).toBe('text');
    expect(negotiate({ ...said, accept: 'image/png' }).format).toBe('png');
  });

  test('following a link or sending a form is no program’s doing', () => {
    expect(negotiate({ 'sec-fetch-mode': 'navigate' }).format).toBe('html');
    const form = { accept: CHROME, origin: 'http://a.example', 'sec-fetch-mode': 'navigate' };
    expect(negotiate(form)).toMatchObject({ format: 'html', asker: undefined });
  });

  test('nor is an offer of HTTP/2', () => {
    expect(negotiate({ upgrade: 'h2c' }).format).toBe('html');
  });
});

describe('the language follows Accept-Language', () => {
  test.each([
    [undefined, 'en'],
    ['', 'en'],
    ['*', 'en'],
    ['fr', 'en'],
    ['ko', 'ko'],
    ['ko-KR', 'ko'],
    ['KO-kr', 'ko'],
    ['ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7', 'ko'],
    ['en-US,en;q=0.9,ko;q=0.8', 'en'],
    ['en-US,ko;q=0.9,en;q=0.8', 'en'],
    ['en;q=0.1, ko;q=0.9', 'ko'],
    ['fr-FR, ko;q=0.5', 'ko'],
    ['ko;q=0, fr', 'en'],
    ['kok-IN', 'en'], // Konkani
  ])('%s → %s', (acceptLanguage, language) => {
    expect(negotiate({ 'accept-language': acceptLanguage }).language).toBe(language);
  });
});

describe('a hostile header', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 3000 }),
    fc.string({ unit: fc.constantFrom(...',;=/*"\\ \tq01.', 'text/html', '__proto__'), maxLength: 500 }),
  );

  test('never throws, and always gets a format and a language that there are', () => {
    fc.assert(
      fc.property(anyText, anyText, anyText, (accept, acceptLanguage, anything) => {
        const said = { origin: anything, 'sec-fetch-dest': anything, upgrade: anything };
        const { format, language } = negotiate({ accept, 'accept-language': acceptLanguage, ...said });
        expect(Object.keys(FORMATS)).toContain(format);
        expect(['en', 'ko']).toContain(language);
      }),
      { numRuns: 2000 },
    );
  });

  test('is read no further than its first kilobyte, and never half a member', () => {
    const padding = 'model/x;q=0.1,'.repeat(1000);
    expect(negotiate({ accept: `application/json,${padding}` }).format).toBe('problem-json');
    expect(negotiate({ accept: `${padding}application/json` }).format).toBe('html');
    expect(negotiate({ 'accept-language': 'k'.repeat(1_000_000) }).language).toBe('en');
    // The cut would fall between `ko` and `;q=0`.
    expect(negotiate({ 'accept-language': `${'x,'.repeat(511)}ko;q=0` }).language).toBe('en');
  });

  test.each(['text/html;', ',', 'a;q=', '"'])('of megabytes of `%s` costs little', (unit) => {
    const huge = unit.repeat(1_000_000);
    const start = process.cpuUsage();
    for (let i = 0; i < 20; i++)
      negotiate({ accept: huge, 'accept-language': huge, origin: huge, upgrade: huge });
    const { user } = process.cpuUsage(start);
    expect(user / 20).toBeLessThan(5_000); // microseconds; a walk over all of it takes ten times as long
  });
});
