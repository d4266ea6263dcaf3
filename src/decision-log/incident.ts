import { randomBytes } from 'node:crypto';

/** What joins the lines about one request, and what a person quotes on the telephone. */
export type Incident = {
  /** A ULID: sortable by time, https://github.com/ulid/spec. */
  readonly id: string;
  /** The last eight characters of the id, such as `7F3K-9Q2M`. */
  readonly code: string;
};

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_CHARACTERS = 10;
const RANDOM_CHARACTERS = 16;

/** `now` is in milliseconds since the epoch. */
export function newIncident(now: number): Incident {
  const random = takeRandom();
  return { id: timeText(now) + random, code: `${random.slice(-8, -4)}-${random.slice(-4)}` };
}

/** What a millisecond's incidents begin with is worked out once. */
let lastTime = Number.NaN;
let lastText = '';

function timeText(now: number): string {
  if (now === lastTime) return lastText;
  lastText = '';
  for (let rest = now, index = 0; index < TIME_CHARACTERS; index++, rest = Math.floor(rest / 32))
    lastText = CROCKFORD.charAt(rest % 32) + lastText;
  lastTime = now;
  return lastText;
}

/** Drawn, and turned into characters, for 256 incidents at once: a call to the generator costs more than its bytes. */
const POOL_CHARACTERS = 256 * RANDOM_CHARACTERS;
let pool = Buffer.alloc(0);
let taken = 0;

function takeRandom(): string {
  if (taken === pool.length) {
    pool = randomBytes(POOL_CHARACTERS);
    for (let at = 0; at < pool.length; at++) pool[at] = CROCKFORD.charCodeAt((pool[at] as number) % 32);
    taken = 0;
  }
  taken += RANDOM_CHARACTERS;
  return pool.toString('latin1', taken - RANDOM_CHARACTERS, taken);
}
