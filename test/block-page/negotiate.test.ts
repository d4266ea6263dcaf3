import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
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
    ['image/avif,image/webp,*/*;q=0.8', 'html'],
    ['text/css,*/*;q=0.1', 'html'],
    ['text/*', 'html'],
    ['image/png', 'html'],
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
      fc.property(anyText, anyText, (accept, acceptLanguage) => {
        const { format, language } = negotiate({ accept, 'accept-language': acceptLanguage });
        expect(['html', 'problem-json', 'text']).toContain(format);
        expect(['en', 'ko']).toContain(language);
      }),
      { numRuns: 2000 },
    );
  });

  test('is read no further than its first kilobyte, and never half a member', () => {
    const padding = 'image/x;q=0.1,'.repeat(1000);
    expect(negotiate({ accept: `application/json,${padding}` }).format).toBe('problem-json');
    expect(negotiate({ accept: `${padding}application/json` }).format).toBe('html');
    expect(negotiate({ 'accept-language': 'k'.repeat(1_000_000) }).language).toBe('en');
    // The cut would fall between `ko` and `;q=0`.
    expect(negotiate({ 'accept-language': `${'x,'.repeat(511)}ko;q=0` }).language).toBe('en');
  });

  test.each(['text/html;', ',', 'a;q=', '"'])('of megabytes of `%s` costs little', (unit) => {
    const huge = unit.repeat(1_000_000);
    const start = process.cpuUsage();
    for (let i = 0; i < 20; i++) negotiate({ accept: huge, 'accept-language': huge });
    const { user } = process.cpuUsage(start);
    expect(user / 20).toBeLessThan(5_000); // microseconds; a walk over all of it takes ten times as long
  });
});
