import { once } from 'node:events';
import tls from 'node:tls';
import { WebSocket } from 'ws';
import type { Origins } from './origins.ts';
import { type Answer, ask, say, type Visit } from './visit.ts';

/** What clients do in a soak. Each rejects when what came back is not what it must be. */
export type Act = (visited: Visit, scene: Scene) => Promise<void>;

export type Scene = {
  readonly origins: Origins;
  readonly random: () => number;
  /** The CA of Postern, which its block pages are to be trusted by. */
  readonly ca: string;
};

const MAX_DOWNLOAD = 300_000;
const MAX_UPLOAD = 300_000;
const MAX_REQUESTS = 6;

/** By name; those to fickle origins ask for no more than that the connection ends. */
export const ACTS: Readonly<Record<string, Act>> = {
  'keep-alive': keepAlive,
  upload,
  pipelined,
  tunnel,
  'blocked tunnel': blockedTunnel,
  'refused tunnel': refusedTunnel,
  websocket,
  'blocked websocket': blockedWebSocket,
  malformed,
  unreachable,
  'fickle origin': fickle,
  'fickle tunnel': fickleTunnel,
  'fickle websocket': fickleWebSocket,
};

const upTo = (most: number, { random }: Scene): number => Math.floor(random() * (most + 1));

function expect(isSo: boolean, what: string, answer?: Answer | string): void {
  if (!isSo) throw new Error(`${what}, and got ${JSON.stringify(answer)?.slice(0, 300)}`);
}

async function keepAlive(visited: Visit, scene: Scene): Promise<void> {
  for (let left = 1 + upTo(MAX_REQUESTS, scene); left > 0; left--) {
    if (scene.random() < 0.3) {
      const blocked = await ask(visited, 'http://blocked.test/');
      expect(blocked.status === 403 && blocked.text.includes('incident'), 'expected the block page', blocked);
    } else {
      const size = upTo(MAX_DOWNLOAD, scene);
      const answer = await ask(visited, `http://allowed.test:${scene.origins.plain}/${size}`);
      expect(answer.status === 200 && answer.length === size, `expected ${size} bytes`, answer);
    }
  }
  visited.socket.end();
}

async function upload(visited: Visit, scene: Scene): Promise<void> {
  const pieces = Array.from({ length: 1 + upTo(4, scene) }, () =>
    Buffer.alloc(1 + upTo(MAX_UPLOAD / 4, scene), 'u'),
  );
  const sum = pieces.reduce((total, { length }) => total + length, 0);
  const answer = await ask(visited, `http://allowed.test:${scene.origins.plain}/`, pieces);
  expect(answer.status === 200 && answer.text === String(sum), `expected ${sum} bytes to arrive`, answer);
  visited.socket.end();
}

const get = (authority: string, fields = ''): string =>
  `GET http://${authority}/10 HTTP/1.1\r\nHost: ${authority}\r\n${fields}\r\n`;

async function pipelined(visited: Visit, scene: Scene): Promise<void> {
  const count = 2 + upTo(MAX_REQUESTS, scene);
  const allowed = `allowed.test:${scene.origins.plain}`;
  const requests = Array.from({ length: count }, () => (scene.random() < 0.5 ? allowed : 'blocked.test'));
  visited.requests += count;
  const heads = requests.map((authority, at) =>
    get(authority, at + 1 === count ? 'Connection: close\r\n' : ''),
  );
  const received = await say(visited, heads.join(''));
  const statuses = received.match(/HTTP\/1\.1 \d+/g) ?? [];
  const wanted = requests.map((authority) => `HTTP/1.1 ${authority === allowed ? 200 : 403}`);
  expect(statuses.join() === wanted.join(), `expected ${wanted.join()}`, statuses.join());
}

/** The answer to CONNECT, up to the end of its head. */
function connect(visited: Visit, authority: string): Promise<string> {
  visited.requests += 1;
  return say(visited, `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`, '\r\n\r\n');
}

/** What a server inside a tunnel answers to one request. */
async function askInside({ socket }: Visit, servername: string, path: string, ca?: string): Promise<string> {
  const trust = ca === undefined ? { rejectUnauthorized: false } : { ca };
  const secured = tls.connect({ socket, servername, ...trust });
  let received = '';
  secured.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
  });
  const problem = new Promise<Error | undefined>((resolve) => {
    secured.once('error', resolve);
    secured.once('close', () => resolve(undefined));
  });
  secured.write(`GET ${path} HTTP/1.1\r\nHost: ${servername}\r\nConnection: close\r\n\r\n`);
  const error = await problem;
  if (error !== undefined) throw error;
  return received;
}

async function tunnel(visited: Visit, scene: Scene): Promise<void> {
  const answer = await connect(visited, `allowed.test:${scene.origins.secure}`);
  expect(answer.startsWith('HTTP/1.1 200 '), 'expected a tunnel', answer);
  const size = 2 * upTo(MAX_DOWNLOAD / 2, scene);
  const inside = await askInside(visited, 'allowed.test', `/${size}`);
  const bytes = inside.length - inside.indexOf('\r\n\r\n') - 4;
  expect(inside.startsWith('HTTP/1.1 200 ') && bytes === size, `expected ${size} bytes`, `${bytes} bytes`);
}

async function blockedTunnel(visited: Visit, { ca }: Scene): Promise<void> {
  const answer = await connect(visited, 'blocked.test:443');
  expect(answer.startsWith('HTTP/1.1 200 '), 'expected to be let into a tunnel', answer);
  const inside = await askInside(visited, 'blocked.test', '/', ca);
  expect(inside.startsWith('HTTP/1.1 403 '), 'expected the block page', inside);
}

async function refusedTunnel(visited: Visit): Promise<void> {
  const answer = await connect(visited, 'allowed.test:25');
  expect(answer.startsWith('HTTP/1.1 403 '), 'expected a refusal', answer);
}

function openWebSocket(visited: Visit, url: string): WebSocket {
  visited.requests += 1;
  const socket = new WebSocket(url, {
    createConnection: () => visited.socket,
    finishRequest: (outgoing) => {
      outgoing.path = url.replace(/^ws/, 'http'); // absolute-form, as to a proxy
      outgoing.end();
    },
  });
  socket.on('error', () => {}); // for whoever does not wait for one
  if (visited.socket.closed) throw new Error('the connection has closed');
  return socket;
}

async function websocket(visited: Visit, scene: Scene): Promise<void> {
  const socket = openWebSocket(visited, `ws://allowed.test:${scene.origins.plain}/`);
  await once(socket, 'open');
  for (let left = upTo(MAX_REQUESTS, scene); left > 0; left--) {
    const sent = 'f'.repeat(upTo(10_000, scene));
    socket.send(sent);
    const [echoed] = await once(socket, 'message', { signal: AbortSignal.timeout(ECHO_DEADLINE_MS) });
    expect(String(echoed) === sent, `expected ${sent.length} bytes back`, `${String(echoed).length} bytes`);
  }
  socket.close();
  await once(socket, 'close');
}

const ECHO_DEADLINE_MS = 60_000;

async function blockedWebSocket(visited: Visit): Promise<void> {
  const socket = openWebSocket(visited, 'ws://blocked.test/');
  const [, response] = await once(socket, 'unexpected-response');
  expect(response.statusCode === 403, 'expected the block page', String(response.statusCode));
  visited.socket.destroy();
}

const NONSENSE = [
  'nonsense\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: allowed.test\r\n\r\n',
  'GET http://allowed.test/ HTTP/1.1\r\n\r\n',
  'GET http://allowed.test/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
  'POST http://allowed.test/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
  'CONNECT allowed.test HTTP/1.1\r\nHost: a\r\n\r\n',
  'CONNECT allowed.test:65979 HTTP/1.1\r\nHost: a\r\n\r\n',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
];

async function malformed(visited: Visit, scene: Scene): Promise<void> {
  visited.requests += 1;
  const answer = await say(visited, NONSENSE[upTo(NONSENSE.length - 1, scene)] ?? '');
  expect(/^HTTP\/1\.1 4\d\d /.test(answer), 'expected to be refused', answer);
}

async function unreachable(visited: Visit, { origins }: Scene): Promise<void> {
  const answer = await ask(visited, `http://allowed.test:${origins.closed}/`);
  expect(answer.status === 502, 'expected 502', answer);
  visited.socket.end();
}

async function fickle(visited: Visit, scene: Scene): Promise<void> {
  const authority = `allowed.test:${scene.origins.fickle}`;
  const body = scene.random() < 0.5 ? undefined : [Buffer.alloc(upTo(MAX_UPLOAD, scene), 'u')];
  await ask(visited, `http://${authority}/`, body).catch(() => {});
  visited.socket.end();
}

async function fickleTunnel(visited: Visit, scene: Scene): Promise<void> {
  await connect(visited, `allowed.test:${scene.origins.fickle}`);
  await askInside(visited, 'allowed.test', '/').catch(() => {});
}

async function fickleWebSocket(visited: Visit, scene: Scene): Promise<void> {
  const socket = openWebSocket(visited, `ws://allowed.test:${scene.origins.fickle}/`);
  await new Promise((resolve) => socket.once('close', resolve));
}
