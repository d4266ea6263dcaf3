import type net from 'node:net';
import { type Asked, admitOpening, type Door, type Forwarded } from '../admit.ts';
import type { Limits } from '../bounds/limits.ts';
import { breakOff } from '../client-socket.ts';
import { readOpening } from './opening.ts';
import { type Spliced, splice } from './splice.ts';
import { alertFor, closeTunnel } from './tls-alert.ts';
import { type Deviation, judgeOpening, type TunnelSettings } from './tunnel-rules.ts';

/** Both ends of an allowed CONNECT, after its 200. */
export type Tunnel = {
  readonly asked: Asked;
  readonly admission: Forwarded;
  readonly client: net.Socket;
  readonly upstream: net.Socket;
};

export type TunnelContext = {
  readonly door: Door;
  readonly limits: Limits;
  readonly tunnels: TunnelSettings;
};

const NOTHING: Spliced = { bytesUp: 0, bytesDown: 0 };

/**
 * Carries a tunnel until it is closed. Before the origin hears a byte, what the client says first is held against what
 * it asked for; where that is something else it is decided on again.
 */
export async function carryTunnel(tunnel: Tunnel, context: TunnelContext): Promise<Spliced> {
  const { client, upstream, admission } = tunnel;
  const { limits, tunnels } = context;
  const { host, port } = admission.facts;
  if (tunnels.plainPorts.includes(port)) return splice(client, upstream, limits);
  const hearOfLoss = (): void => breakOff(client); // nobody else looks at the origin while the client is read
  upstream.on('close', hearOfLoss);
  const opening = await readOpening(client, limits);
  upstream.off('close', hearOfLoss);
  if (opening.kind === 'gone') {
    upstream.destroy();
    await closeTunnel(client, undefined, limits.lingerMs);
    return NOTHING;
  }
  const verdict = judgeOpening(opening, host, tunnels);
  switch (verdict.kind) {
    case 'as-asked':
      return splice(client, upstream, limits);
    case 'refused':
    case 'other-name':
      return decideAgain(tunnel, verdict, context);
  }
}

/** The second decision in one tunnel, with an outcome of its own; gives what passed, which is the CONNECT's too. */
async function decideAgain(
  { asked, admission, client, upstream }: Tunnel,
  deviation: Deviation,
  { door, limits }: TunnelContext,
): Promise<Spliced> {
  let passed = NOTHING;
  try {
    await admitOpening({ asked, admission, deviation }, door, client, async (again) => {
      switch (again.verdict) {
        case 'forward':
          passed = await splice(client, upstream, limits);
          return { kind: 'tunnel-closed', ...passed };
        case 'own-site': // is never in another host's tunnel, and `decide` knows that
        case 'block':
          await closeTunnel(client, alertFor(again.reason), limits.lingerMs);
          return { kind: 'block-page-unseen', cause: 'mid-tunnel' };
        case 'fail':
          await closeTunnel(client, 'internal_error', limits.lingerMs);
          return { kind: 'upstream-failed', cause: again.error };
      }
    });
  } finally {
    upstream.destroy(); // unless it was spliced nothing else has ended it
  }
  return passed;
}
