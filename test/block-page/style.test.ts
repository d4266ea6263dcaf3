import { describe, expect, test } from 'vitest';
import { STYLE } from '../../src/block-page/style.ts';

const variables = (css: string): Map<string, string> =>
  new Map([...css.matchAll(/--([a-z-]+):(#[0-9a-f]{6})/g)].map(([, name = '', value = '']) => [name, value]));

const [light = '', dark = ''] = STYLE.split('prefers-color-scheme:dark');
const SCHEMES = { light: variables(light), dark: variables(dark) };

/** Relative luminance and contrast as WCAG 2.2 defines them. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((start) => Number.parseInt(colour.slice(start, start + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [darker = 0, lighter = 0] = [luminance(a), luminance(b)].toSorted((x, y) => x - y);
  return (lighter + 0.05) / (darker + 0.05);
}

describe.each(['light', 'dark'] as const)('text in the %s scheme has contrast AA', (scheme) => {
  test.each([
    ['ink', 'paper'],
    ['ink', 'card'],
    ['quiet', 'paper'],
    ['quiet', 'card'],
    ['link', 'paper'],
    ['link', 'card'],
    ['card', 'link'],
    ['head-ink', 'head'],
    ['head-quiet', 'head'],
    ['blocked', 'blocked-tint'],
    ['failed', 'failed-tint'],
    ['refused', 'refused-tint'],
  ])('%s on %s', (text, ground) => {
    const colours = SCHEMES[scheme];
    expect(contrast(colours.get(text) ?? '', colours.get(ground) ?? '')).toBeGreaterThanOrEqual(4.5);
  });
});

test('both schemes name the same colours', () => {
  expect([...SCHEMES.dark.keys()]).toEqual([...SCHEMES.light.keys()]);
});

test('a link shows that it has the focus, and the style cannot end its own element', () => {
  expect(STYLE).toContain('a:focus-visible,summary:focus-visible,textarea:focus-visible{outline:');
  expect(STYLE).not.toContain('<');
});
