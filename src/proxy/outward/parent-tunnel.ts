import type net from 'node:net';
import type { Failure, ProxyError } from '../../policy/proxy-error.ts';
import { fail, type Result, succeed } from '../../policy/result.ts';
import { fields } from '../http/headers.ts';
import type { Parent } from './parent.ts';

export type TunnelLimits = { readonly parentAnswerMs: number; readonly maxHeaderBytes: number };

/**
 * Asks a parent for a tunnel (RFC 9110 section 9.3.6), and leaves the connection with the tunnel's first byte next to
 * be read. `authority` is the target with its port; `via` is what goes into `Via`, from which loops are told.
 */
export function askForTunnel(
  socket: net.Socket,
  parent: Parent,
  { authority, via }: { readonly authority: string; readonly via: string },
  client: net.Socket,
  limits: TunnelLimits,
): Promise<Result<undefined, Failure>> {
  const lines = [`CONNECT ${authority} HTTP/1.1`];
  for (const [name, value] of fields(['Host', authority, 'Via', via, ...parent.credentials]))
    lines.push(`${name}: ${value}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    const onReadable = (): void => {
      const chunk = socket.read() as Buffer | null;
      if (chunk === null) return;
      received = Buffer.concat([received, chunk]);
      const answer = readTunnelAnswer(received, limits.maxHeaderBytes);
      switch (answer.kind) {
        case 'incomplete':
          return;
        case 'malformed':
          giveUp('http_protocol_error');
          return;
        case 'refused':
          settle(fail({ error: refusalError(answer.status), receivedStatus: answer.status }));
          return;
        case 'established':
          settle(succeed(undefined));
          if (answer.rest.length > 0) socket.unshift(answer.rest);
      }
    };
    const giveUp = (error: ProxyError): void => settle(fail({ error }));
    const onEnd = (): void => giveUp('connection_terminated');
    const settle = (result: Result<undefined, Failure>): void => {
      clearTimeout(deadline);
      client.off('close', onEnd);
      socket.off('readable', onReadable).off('end', onEnd).off('close', onEnd);
      if (!result.ok) socket.destroy();
      resolve(result);
    };
    const deadline = setTimeout(() => giveUp('http_response_timeout'), limits.parentAnswerMs);
    client.once('close', onEnd);
    socket.on('readable', onReadable).once('end', onEnd).once('close', onEnd);
    if (client.destroyed || socket.destroyed) onEnd();
  });
}

export type TunnelAnswer =
  | { readonly kind: 'incomplete' | 'malformed' }
  | { readonly kind: 'refused'; readonly status: number }
  /** `rest` is of the tunnel: whatever stands behind the head of a 2xx, which has no content. */
  | { readonly kind: 'established'; readonly rest: Buffer };

const HEAD_END = '\r\n\r\n';
const PROTOCOL = 'HTTP/1.';
const STATUS_LINE = /^HTTP\/1\.[01] (?<status>[1-9]\d\d)(?: [^\r\n]*)?$/;

/**
 * What has come in answer to CONNECT so far. Nothing but the status matters: fields that would frame a content are to
 * be ignored (RFC 9110 section 9.3.6). Interim responses (1xx) may go before the answer.
 */
export function readTunnelAnswer(bytes: Buffer, maxHeadBytes: number): TunnelAnswer {
  for (let start = 0; ; ) {
    const end = bytes.indexOf(HEAD_END, start, 'latin1');
    const head = bytes.toString('latin1', start, end === -1 ? bytes.length : end);
    const isHttp = head.startsWith(PROTOCOL) || PROTOCOL.startsWith(head);
    if (!isHttp || start + head.length > maxHeadBytes) return { kind: 'malformed' };
    if (end === -1) return { kind: 'incomplete' };
    const status = Number(STATUS_LINE.exec(head.split('\r\n', 1)[0] ?? '')?.groups?.status ?? 0);
    start = end + HEAD_END.length;
    if (status === 0 || status === 101) return { kind: 'malformed' }; // no other protocol was asked for
    if (status >= 200)
      return status < 300
        ? { kind: 'established', rest: bytes.subarray(start) }
        : { kind: 'refused', status };
  }
}

/** Why a parent makes no tunnel, as far as its status tells, in the words of RFC 9209 section 2.3. */
export function refusalError(status: number): ProxyError {
  if (status === 407) return 'proxy_configuration_error'; // it does not take our credentials, or we have none
  return status >= 500 ? 'destination_unavailable' : 'http_request_denied';
}
