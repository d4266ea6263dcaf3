import type { ClientRequest } from 'node:http';
import type { ProxyError } from '../../policy/proxy-error.ts';
import type { Limits } from '../bounds/limits.ts';
import { MAX_INTERIM_RESPONSES } from './wire/next-hop-connection.ts';

/**
 * Bounds the wait for the head of a final response: `exchangeIdleMs` from the request's end or the last interim response,
 * of which there may be so many. The idle timer would not end an origin that drips bytes which never make a head.
 */
export function boundAnswer(
  upstream: ClientRequest,
  { exchangeIdleMs }: Pick<Limits, 'exchangeIdleMs'>,
  giveUp: (error: ProxyError) => void,
): void {
  const head = restartable(exchangeIdleMs, () => giveUp('http_response_timeout'));
  upstream.once('finish', head.restart);
  for (const end of ['response', 'upgrade', 'close']) upstream.once(end, head.stop);
  let interim = 0;
  upstream.on('information', () => {
    interim += 1;
    if (upstream.writableFinished) head.restart();
    if (interim > MAX_INTERIM_RESPONSES) giveUp('http_protocol_error');
  });
}

/** A deadline that begins anew whenever it is told to, until it is stopped: a request may finish after its answer. */
function restartable(ms: number, onDeadline: () => void): { restart(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  return {
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
    restart() {
      clearTimeout(timer);
      if (!isStopped) timer = setTimeout(onDeadline, ms);
    },
  };
}
