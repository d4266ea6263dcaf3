let second = 0;
let text = '';

/** The time in the form that fields have it (RFC 9110 section 5.6.7); it is made once a second. */
export function httpDate(): string {
  const now = Math.floor(Date.now() / 1_000);
  if (now !== second) {
    second = now;
    text = new Date(now * 1_000).toUTCString();
  }
  return text;
}
