import { describe, expect, test } from 'vitest';
import { contentOf } from '../../src/block-page/content.ts';
import { renderPage } from '../../src/block-page/page.ts';
import { parseTemplate } from '../../src/block-page/page-template.ts';
import { EVERYTHING, EXAMPLE, template, wear } from './looks.ts';
import { blockedByRule, notice, SUBJECTS } from './notices.ts';

/** A page with something in its body, and its slots after that. */
const withBody = (body: string): string =>
  `<!doctype html>\n<html lang="en">\n<head><title>t</title></head>\n<body>\n${body}\n<p>{{code}} {{host}}</p><div>{{reason}}{{contact}}</div></body></html>`;

/** Place and problem of all that is wrong with a template. */
function problemsOf(text: string): readonly string[] {
  const parsed = parseTemplate('pages/a.html', text);
  return parsed.ok ? [] : parsed.error.map(({ at, problem }) => `${at} ${problem}`);
}

describe('a template that is good', () => {
  test('is the example that people copy', () => {
    expect(problemsOf(EXAMPLE)).toEqual([]);
  });

  test('is one with every slot', () => {
    expect(problemsOf(EVERYTHING)).toEqual([]);
  });

  test.each([
    '<!-- a comment with <script> in it -->',
    '<img src="data:image/png;base64,AAAA" alt="">',
    '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M0 0"/></svg>',
    '<a href="https://help.example/">help</a><a href="mailto:a@b.example">a</a><a href="#top">t</a>',
    '<details open><summary>more</summary><p>text</p></details>',
    '<p>5 &lt; 6 &amp; 7</p>',
    '<br><hr><ol start="2"><li>a</li></ol>',
  ])('may have %s', (body) => {
    expect(problemsOf(withBody(body))).toEqual([]);
  });
});

// Covers: EV-25
describe('what could act, load or be guessed at is a problem, with its place', () => {
  test.each([
    ['<script>alert(1)</script>', '5:1', '`<script>`: a page has no scripts'],
    ['<SCRIPT src="https://a.example/x.js"></SCRIPT>', '5:1', '`<script>`: a page has no scripts'],
    ['<p onclick="alert(1)">a</p>', '5:4', '`onclick=` is an event handler'],
    ['<p ONLOAD="alert(1)">a</p>', '5:4', '`ONLOAD=` is an event handler'],
    ['<p style="color:red">a</p>', '5:4', '`style=` would not be heeded'],
    ['<form action="https://a.example/"></form>', '5:1', '`<form>`: a page has no forms'],
    ['<input name="a">', '5:1', '`<input>`: a page has no forms'],
    ['<button>a</button>', '5:1', '`<button>`: a page has no forms'],
    ['<textarea></textarea>', '5:1', '`<textarea>`: a page has no forms'],
    ['<iframe src="https://a.example/"></iframe>', '5:1', '`<iframe>` loads something from elsewhere'],
    ['<link rel="stylesheet" href="https://a.example/">', '5:1', '`<link>` loads something from elsewhere'],
    ['<img src="https://a.example/a.png" alt="">', '5:6', 'the image lies elsewhere'],
    ['<img src="{{host}}" alt="">', '5:6', 'the image lies elsewhere'],
    ['<img src="data:text/html,a" alt="">', '5:6', 'the image lies elsewhere'],
    ['<img src="data:image/png;base64,AAAA">', '5:1', 'the image has no `alt`'],
    ['<a href="javascript:alert(1)">a</a>', '5:4', '`href="javascript:alert(1)"` leads nowhere from here'],
    ['<a href="https://a.example/{{host}}">a</a>', '5:4', '`href=` has no slots'],
    ['<p>\n<a href="//a.example/">a</a></p>', '6:4', '`href="//a.example/"` leads nowhere from here'],
    ['<p class=a>a</p>', '5:1', 'this is no tag'],
    ["<p class='a'>a</p>", '5:1', 'this is no tag'],
    ['5 < 6', '5:3', 'this is no tag'],
    ['<![CDATA[a]]>', '5:1', 'this is no tag'],
    ['<!-->a-->', '5:1', 'this is no tag'],
    ['<math></math>', '5:1', '`<math>` has no place in a page'],
    ['<p xlink:href="a">a</p>', '5:4', '`<p>` has no attribute `xlink:href` here'],
    ['<style>p{color:red}</style>', '5:1', '`<style>` does not stand in `<head>`'],
    ['<meta charset="utf-8">', '5:1', '`<meta>` does not stand in `<head>`'],
    ['<meta http-equiv="refresh" content="0">', '5:7', '`<meta>` has no attribute `http-equiv` here'],
    ['{{hosts}}', '5:1', 'there is no slot `hosts`'],
    ['{{constructor}}', '5:1', 'there is no slot `constructor`'],
    ['{{host', '5:1', 'a slot is not closed, or not opened'],
    ['<p>{{details}}</p>', '5:4', '{{details}} brings elements of its own, which have no place in `<p>`'],
    ['<p><b>{{logo}}</b></p>', '5:7', '{{logo}} brings elements of its own, which have no place in `<b>`'],
    [
      '<div title="{{contact}}">a</div>',
      '5:13',
      '{{contact}} brings elements of its own, which have no place in `<div title>`',
    ],
    ['</div>', '5:1', '`</div>` ends nothing'],
  ])('%s', (body, place, problem) => {
    expect(problemsOf(withBody(body))).toContain(`pages/a.html:${place} ${problem}`);
  });

  test.each([
    '@import "https://a.example/a.css";',
    '@IMPORT url(a.css);',
    'p{background:url(https://a.example/a.png)}',
    'p{background:URL( "a.png" )}',
    'p{background:u\\72l(https://a.example/a.png)}',
    'p{background:image-set("a.png" 1x)}',
    '@font-face{font-family:a;src:url(a.woff2)}',
  ])('a style with %s', (css) => {
    const page = withBody('').replace('</title>', `</title>\n<style>\n${css}</style>`);
    expect(problemsOf(page)[0]).toMatch(
      /^pages\/a\.html:5:\d+ .* in the style loads something from elsewhere$/,
    );
  });

  test('a style with an image in itself, and words that only look alike, are none', () => {
    const css = 'p{background:url("data:image/png;base64,AAAA")}.curl{color:red}/* url */';
    expect(problemsOf(withBody('').replace('</title>', `</title><style>${css}</style>`))).toEqual([]);
  });

  test.each(['code', 'host', 'reason', 'contact'])('a page without {{%s}}', (slot) => {
    expect(problemsOf(withBody('').replace(`{{${slot}}}`, ''))).toEqual([
      `pages/a.html:1:1 the slot {{${slot}}} is missing`,
    ]);
  });

  test.each([
    ['<!doctype html>\n', 'there is no `<!doctype>`'],
    [' lang="en"', '`<html>` has no `lang`'],
    ['<title>t</title>', 'there is no `<title>`'],
    ['</html>', '`<html>` is not ended'],
  ])('a page without %j', (part, problem) => {
    expect(problemsOf(withBody('').replace(part, '')).map((told) => told.replace(/^\S+ /, ''))).toContain(
      problem,
    );
  });

  test('text and slots outside of the body', () => {
    expect(problemsOf(`a${withBody('')}`)[0]).toBe('pages/a.html:1:1 this text stands outside of the body');
  });

  test('of thousands, the first fifty', () => {
    expect(problemsOf(withBody('<script></script>'.repeat(5000)))).toHaveLength(50);
  });
});

describe('a page that a template makes', () => {
  const page = (text: string, given = blockedByRule()): string => {
    wear({ templates: { default: template(text) } });
    return renderPage(contentOf(given, 'en'));
  };

  test('says the same as the one that is built in, for every subject', () => {
    wear({ templates: { default: template(EXAMPLE) } });
    for (const [, subject] of SUBJECTS) {
      const text = renderPage(contentOf(notice(subject), 'ko'));
      for (const fact of ['7F3K-9Q2M', 'chat.deepseek.com', 'helpdesk@motie.example', '산업통상자원부'])
        expect(text).toContain(fact);
      expect(text).not.toMatch(/\{\{|\}\}|undefined/);
      expect(text).toContain('<html lang="ko" dir="ltr">');
    }
  });

  test('has the reason of the rule, or else what happened, unless that is told elsewhere', () => {
    const byDefault = notice({ kind: 'blocked', reason: { code: 'default' } });
    expect(page(withBody(''))).toContain('the inquiry is still open');
    expect(page(withBody(''), byDefault)).toContain('it is not on your department’s list');
    const summarised = page(withBody('<h1>{{summary}}</h1>'), byDefault);
    expect(summarised.match(/it is not on your department’s list/g)).toHaveLength(1);
  });

  test('says that the site is one when its name is not known', () => {
    expect(page(EXAMPLE, blockedByRule({}, { host: undefined }))).toContain(
      '<title>This site is blocked – this site</title>',
    );
  });

  test('reads no slots out of what is put into it', () => {
    const text = page(withBody(''), blockedByRule({ reason: { en: '{{code}} {{client}}' } }));
    expect(text).toContain('{{code}} {{client}}');
  });

  test('does not send comments', () => {
    expect(page(withBody('<!-- written by Kim -->'))).not.toContain('Kim');
  });
});
