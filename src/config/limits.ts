import { z } from 'zod';
import { network } from '../policy/language/schema.ts';
import { DEFAULT_LIMITS, type Limits } from '../proxy/bounds/limits.ts';

/** Limits that are plain numbers. */
type NumericLimit = { [Name in keyof Limits]: Limits[Name] extends number ? Name : never }[keyof Limits];

/** The bounds are wide: they refuse what would stop all traffic, or what Node's timers cannot count. */
type Bounds = { readonly min: number; readonly max: number };

const DAY_MS = 86_400_000;
const SECOND_TO_DAY: Bounds = { min: 1_000, max: DAY_MS };
/** Node's timers count to 2^31 - 1. */
const SECOND_TO_THREE_WEEKS: Bounds = { min: 1_000, max: 21 * DAY_MS };
const MANY: Bounds = { min: 1, max: 10_000_000 };

const numberWithin = ({ min, max }: Bounds) =>
  z.int().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`);

const numeric = (name: NumericLimit, bounds: Bounds, text: string) =>
  numberWithin(bounds).default(DEFAULT_LIMITS[name]).describe(`${text} Default: ${DEFAULT_LIMITS[name]}.`);

export const numberOrAuto = (bounds: Bounds, text: string) =>
  z
    .union([z.literal('auto'), numberWithin(bounds)], {
      error: `write auto, or a whole number from ${bounds.min} to ${bounds.max}`,
    })
    .default('auto')
    .describe(`${text} Default: auto.`);

/** Each limit of the data path, by its name there: one that is missing here does not compile. */
const shape = {
  connections: numberOrAuto(
    { min: 10, max: 1_000_000 },
    'Connections of clients at one time. auto: half as many as files may be open, 50000 at most.',
  ),
  connectionsPerClient: numeric('connectionsPerClient', MANY, 'Connections of one client at one time.'),
  tunnelsPerClient: numeric('tunnelsPerClient', MANY, 'Those of them that are tunnels or WebSockets.'),
  requestsPerMinutePerClient: numeric(
    'requestsPerMinutePerClient',
    MANY,
    'Requests and tunnels that a client may ask for in a minute, in the long run.',
  ),
  requestBurstPerClient: numeric('requestBurstPerClient', MANY, 'How many of them may come at once.'),
  certificatesPerMinutePerClient: numeric(
    'certificatesPerMinutePerClient',
    MANY,
    'Certificates of new blocked hosts that are signed for a client in a minute.',
  ),
  certificateBurstPerClient: numeric(
    'certificateBurstPerClient',
    MANY,
    'How many of them may be signed at once.',
  ),
  exempt: z
    .array(network)
    .default([...DEFAULT_LIMITS.exempt])
    .describe('Networks whose clients have no limits of their own, such as terminal servers. Default: none.'),
  memoryMb: numberOrAuto(
    { min: 128, max: 1_048_576 },
    "MiB of memory above which no connection is taken. auto: three quarters of the machine's.",
  ),
  proxyHeaderMs: numeric(
    'proxyHeaderMs',
    SECOND_TO_DAY,
    'For the PROXY header of a load balancer, from its connection on.',
  ),
  tlsHandshakeMs: numeric(
    'tlsHandshakeMs',
    SECOND_TO_DAY,
    'For the TLS handshake of a client with the proxy itself.',
  ),
  requestHeadMs: numeric(
    'requestHeadMs',
    SECOND_TO_DAY,
    'From the first byte of a connection to the end of the head.',
  ),
  requestBodyMs: numeric(
    'requestBodyMs',
    SECOND_TO_DAY,
    'The span in which minRequestBodyBytes of a body must come.',
  ),
  minRequestBodyBytes: numeric(
    'minRequestBodyBytes',
    { min: 0, max: 1_000_000 },
    'How much of a body must come in requestBodyMs; 0 lets a body take any time.',
  ),
  keepAliveMs: numeric(
    'keepAliveMs',
    SECOND_TO_DAY,
    'Between two requests on one connection of a client, in ms.',
  ),
  resolveMs: numeric('resolveMs', SECOND_TO_DAY, 'For a name to be looked up, in ms.'),
  dialMs: numeric('dialMs', SECOND_TO_DAY, 'For a connection to the origin or a parent proxy, in ms.'),
  parentAnswerMs: numeric('parentAnswerMs', SECOND_TO_DAY, 'For a parent proxy to answer CONNECT, in ms.'),
  failoverMs: numeric(
    'failoverMs',
    SECOND_TO_DAY,
    'Since the first proxy was tried, in which another is tried.',
  ),
  exchangeIdleMs: numeric(
    'exchangeIdleMs',
    SECOND_TO_DAY,
    'Without a byte while an answer is awaited or relayed.',
  ),
  clientHelloMs: numeric('clientHelloMs', SECOND_TO_DAY, 'For the ClientHello of a tunnel, in ms.'),
  tunnelIdleMs: numeric('tunnelIdleMs', SECOND_TO_DAY, 'Without a byte through a tunnel, in ms.'),
  tunnelTotalMs: numeric('tunnelTotalMs', SECOND_TO_THREE_WEEKS, 'For a tunnel as a whole, in ms.'),
  lingerMs: numeric('lingerMs', SECOND_TO_DAY, 'For a client to go on sending after its answer, in ms.'),
  halfClosedMs: numeric(
    'halfClosedMs',
    SECOND_TO_DAY,
    'Without a byte of the answer, once the client has ended its side.',
  ),
  blockPageMs: numeric('blockPageMs', SECOND_TO_DAY, 'For a block page over TLS, handshake included, in ms.'),
  drainMs: numeric('drainMs', { min: 0, max: DAY_MS }, 'For running requests to end at a stop, in ms.'),
  maxHeaderBytes: numeric(
    'maxHeaderBytes',
    { min: 4_096, max: 1_048_576 },
    'Size of the head of a request or an answer.',
  ),
  maxTargetBytes: numeric(
    'maxTargetBytes',
    { min: 8_000, max: 1_048_576 },
    'Size of the target of a request.',
  ),
  maxHeaderFields: numeric(
    'maxHeaderFields',
    { min: 32, max: 10_000 },
    'Header fields that a request may have.',
  ),
  maxClientHelloBytes: numeric(
    'maxClientHelloBytes',
    { min: 4_096, max: 65_536 },
    'Size of the ClientHello of a tunnel, with the headers of its records.',
  ),
} satisfies { readonly [Name in keyof Limits]: z.ZodType<Limits[Name]> };

export const limits = z.strictObject(shape);
