import { fail, type Problem, type Result, succeed } from '../policy/result.ts';
import { placesIn } from '../policy/yaml/yaml-places.ts';
import { tokensOf } from './template-markup.ts';
import { finish, newDraft, type PageTemplate, take } from './template-reader.ts';

export type { PageTemplate } from './template-reader.ts';

/** Nobody mends more at once. */
const MAX_PROBLEMS = 50;

/**
 * Reads a template: HTML with slots, `{{host}}`. All that could act, load or be guessed at is a problem with its place;
 * a page stands in the origin of the site that was asked for. `file` is what messages call it.
 */
export function parseTemplate(file: string, written: string): Result<PageTemplate> {
  // As a browser reads it, which matters to the hash of a style.
  const text = written.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
  const place = placesIn(file, text);
  const problems: Problem[] = [];
  const draft = newDraft((offset, fault) => problems.push({ at: place(offset), ...fault }));
  for (const token of tokensOf(text)) {
    take(draft, token);
    if (problems.length >= MAX_PROBLEMS) return fail(problems);
  }
  const template = finish(draft, text.length);
  return problems.length > 0 ? fail(problems) : succeed(template);
}
