export const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** As exact as a drawing needs it. */
export const round = (value: number): number => Math.round(value * 10) / 10;
