/**
 * The UTF-8 bytes of a text, each as one character. Such a text is put together, measured and written as bytes are
 * (`latin1`), but without a copy for each step.
 */
export function utf8Bytes(text: string): string {
  return Buffer.byteLength(text) === text.length ? text : Buffer.from(text).toString('latin1');
}
