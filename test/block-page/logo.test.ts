import { describe, expect, test } from 'vitest';
import { parseLogo } from '../../src/block-page/logo.ts';
import { unwrap } from '../policy/support.ts';

const svg = (inner: string, outer = ''): Buffer =>
  Buffer.from(`${outer}<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8">${inner}</svg>`);
const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');

test.each([
  ['a plain SVG', svg('<path d="M0 0h8v8z" fill="#123456"/>'), 'image/svg+xml'],
  ['an SVG with a head', svg('<g/>', '<?xml version="1.0"?>\n<!-- made by hand -->\n'), 'image/svg+xml'],
  ['an SVG that refers to itself', svg('<rect fill="url(#a)"/><use href="#a"/>'), 'image/svg+xml'],
  ['a PNG', PNG, 'image/png'],
])('%s becomes a data: URI of its bytes', (_name, bytes, type) => {
  expect(unwrap(parseLogo('logo', bytes))).toBe(`data:${type};base64,${bytes.toString('base64')}`);
});

// Covers: EV-25
describe('refused is', () => {
  test.each([
    '<script>alert(1)</script>',
    '<SCRIPT href="https://a.example/a.js"/>',
    '<svg:script>alert(1)</svg:script>',
    '<path onload="alert(1)"/>',
    '<path\nonclick = "alert(1)"/>',
    '<foreignObject><body/></foreignObject>',
    '<image href="https://a.example/a.png"/>',
    '<image xlink:href="//a.example/a.png"/>',
    "<use href='a.svg#b'/>",
    '<a href="javascript:alert(1)"><path/></a>',
    '<path fill="url(https://a.example/a#b)"/>',
    '<style>@import "https://a.example/a.css";</style>',
    '<style>path{fill:u\\72l(a)}</style>',
    '<path d="&#60;"/>',
  ])('an SVG with %s', (inner) => {
    expect(parseLogo('logo.svg', svg(inner)).ok).toBe(false);
  });

  test.each([
    '<!DOCTYPE svg [<!ENTITY a "b">]>',
    '<?xml-stylesheet href="https://a.example/a.css"?>',
    '<html>',
  ])('an SVG after %s', (outer) => {
    expect(parseLogo('logo.svg', svg('', outer)).ok).toBe(false);
  });

  test('what is neither SVG nor PNG, and what is too large', () => {
    expect(parseLogo('logo', Buffer.from('GIF89a')).ok).toBe(false);
    expect(parseLogo('logo', Buffer.from([0xff, 0xd8, 0xff])).ok).toBe(false);
    expect(parseLogo('logo', svg(' '.repeat(16_384))).ok).toBe(false);
  });

  test('with its place', () => {
    const refused = parseLogo('logo.svg', svg('\n  <script/>'));
    expect(refused.ok ? [] : refused.error.map(({ at }) => at)).toEqual(['logo.svg:2:3']);
  });
});
