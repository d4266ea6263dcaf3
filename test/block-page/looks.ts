import { readFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { BUILT_IN, type Look, useLook } from '../../src/block-page/look.ts';
import { type PageTemplate, parseTemplate } from '../../src/block-page/page-template.ts';
import { SLOTS } from '../../src/block-page/slot-names.ts';
import { ENGLISH } from '../../src/block-page/words-en.ts';
import { unwrap } from '../policy/support.ts';

/** The example that people copy. */
export const EXAMPLE = ((): string => {
  const page = readFileSync(new URL('../../docs/own-pages.md', import.meta.url), 'utf8');
  return /^```html\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? '';
})();

const PARTS = /^(?:reason|alternatives|contact|request|details|logo|icon)$/;

/** A template with every slot in every place that it may have. */
export const EVERYTHING = `<!doctype html>
<html lang="{{language}}" dir="{{direction}}">
<head><title>${SLOTS.filter((slot) => !PARTS.test(slot))
  .map((slot) => `{{${slot}}}`)
  .join(' ')}</title><style>body{color:#000;background:#fff}</style></head>
<body class="{{kind}}">
${SLOTS.map((slot) => (PARTS.test(slot) ? `<div>{{${slot}}}</div>` : `<p title="{{${slot}}}" aria-label="{{ ${slot} }}">{{${slot}}}</p>`)).join('\n')}
</body></html>`;

export const template = (text: string): PageTemplate => unwrap(parseTemplate('pages/default.html', text));

/** The look until the test ends. */
export function wear(changes: Partial<Look>): void {
  useLook({ ...BUILT_IN, ...changes });
  onTestFinished(() => useLook(BUILT_IN));
}

/** Words that are read from right to left. */
export const HEBREW = { ...ENGLISH, direction: 'rtl' } as const;

export const LOGO = 'data:image/png;base64,iVBORw0KGgo=';
