/** Where the pages are, by the names that the ways between them have. */
export const PAGES = { who: '/', try: '/try', ca: '/ca', incident: '/incident' } as const;
export type PageName = keyof typeof PAGES;
