/** The fields by which a request says what would be of use to it. */
export const WISH_FIELDS = [
  'accept',
  'accept-language',
  'access-control-request-headers',
  'access-control-request-method',
  'origin',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'upgrade',
  'x-requested-with',
] as const;
export type WishField = (typeof WISH_FIELDS)[number];

/** In which form and language a client wants to be told, in its own words. */
export type Wishes = { readonly method?: string } & {
  readonly [field in WishField]?: string | undefined;
};

const WISHED: ReadonlySet<string> = new Set(WISH_FIELDS);

/** Most other fields have a name of another length, and need no look at their case. */
const LENGTHS: readonly boolean[] = Array.from({ length: 40 }, (_, length) =>
  WISH_FIELDS.some((field) => field.length === length),
);

/** The wishes in a head: `rawHeaders` has names and values by turns. */
export function wishesIn(method: string, rawHeaders: readonly string[]): Wishes {
  const wishes: { method: string } & { [field in WishField]?: string } = { method };
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (LENGTHS[name.length] !== true) continue;
    const field = name.toLowerCase();
    if (WISHED.has(field)) addMember(wishes, field as WishField, rawHeaders[index + 1] as string);
  }
  return wishes;
}

/** A field that comes several times has all its members (RFC 9110 section 5.3). */
export function addMember(wishes: { [field in WishField]?: string }, field: WishField, value: string): void {
  const before = wishes[field];
  wishes[field] = before === undefined ? value : `${before}, ${value}`;
}
