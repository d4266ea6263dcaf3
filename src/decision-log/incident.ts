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
  let time = '';
  for (let rest = now, index = 0; index < TIME_CHARACTERS; index++, rest = Math.floor(rest / 32))
    time = CROCKFORD.charAt(rest % 32) + time;
  let random = '';
  for (const byte of takeRandom(RANDOM_CHARACTERS)) random += CROCKFORD.charAt(byte % 32);
  return { id: time + random, code: `${random.slice(-8, -4)}-${random.slice(-4)}` };
}

/** Random bytes are drawn for many incidents at once: each call to the generator costs more than its bytes. */
const POOL_BYTES = 4_096;
let pool = Buffer.alloc(0);

function takeRandom(count: number): Buffer {
  if (pool.length < count) pool = randomBytes(POOL_BYTES);
  const taken = pool.subarray(0, count);
  pool = pool.subarray(count);
  return taken;
}
