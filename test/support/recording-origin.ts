import type net from 'node:net';
import { type Origin, startRawOrigin } from './origin.ts';

/** An origin that keeps every byte it is sent, connection by connection, and answers each request with fixed bytes. */
export type RecordingOrigin = Origin & {
  /** What each connection has brought so far, as latin1: one character a byte. */
  readonly connections: () => readonly string[];
  /** All of it. */
  readonly received: () => string;
  /** The request lines in it. */
  readonly requestLines: () => readonly string[];
};

export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

const REQUEST_LINE = /^[A-Z-]+ \S+ HTTP\/\d\.\d(?=\r$)/gm;

export async function startRecordingOrigin(answer = OK): Promise<RecordingOrigin> {
  const connections: string[] = [];
  const origin = await startRawOrigin((socket: net.Socket) => {
    const index = connections.push('') - 1;
    let answered = 0;
    socket.on('data', (chunk) => {
      connections[index] += chunk.toString('latin1');
      const asked = connections[index]?.match(REQUEST_LINE)?.length ?? 0;
      for (; answered < asked; answered += 1) socket.write(answer, 'latin1');
    });
  });
  const received = (): string => connections.join('');
  return {
    ...origin,
    connections: () => connections,
    received,
    requestLines: () => received().match(REQUEST_LINE) ?? [],
  };
}

/** An origin that answers the first request of each connection with bytes of the test's choice, and then ends it. */
export function startHostileOrigin(bytes: string): Promise<Origin> {
  return startRawOrigin((socket) => void socket.once('data', () => socket.end(bytes, 'latin1')));
}
