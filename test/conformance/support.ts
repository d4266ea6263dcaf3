import { connectRaw, exchangeRaw } from '../support/client.ts';
import type { Origin } from '../support/origin.ts';

/** A request head in absolute-form to an origin, as bytes; `fields` are whole lines without their ends. */
export function head(
  origin: Origin,
  line: { method?: string; path?: string; version?: string },
  ...fields: string[]
): string {
  const { method = 'GET', path = '/', version = 'HTTP/1.1' } = line;
  const url = `http://allowed.test:${origin.port}${path}`;
  return `${[`${method} ${url} ${version}`, 'Host: allowed.test', ...fields].join('\r\n')}\r\n\r\n`;
}

/** Sends one request and closes after its answer; gives all that came back. */
export function ask(port: number, request: string): Promise<string> {
  return exchangeRaw(port, request.replace(/\r\nHost: [^\r]*/, '$&\r\nConnection: close'));
}

/** Sends bytes on a connection that stays, and waits for so many final or interim responses. */
export async function askFor(port: number, request: string, responses: number): Promise<string> {
  const client = connectRaw(port);
  client.socket.write(request, 'latin1');
  return client.until((received) => statusesOf(received).length >= responses);
}

/** The status codes of the responses in what a client received. */
export const statusesOf = (received: string): number[] =>
  [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
