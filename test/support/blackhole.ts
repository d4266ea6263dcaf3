import net from 'node:net';
import { Worker } from 'node:worker_threads';
import { onTestFinished } from 'vitest';

/** Listens with a backlog of one, and accepts nobody while its thread sleeps. */
const SLEEPING_SERVER = `
const { parentPort, workerData } = require('node:worker_threads');
const server = require('node:net').createServer((socket) => socket.on('error', () => {}));
server.on('error', (error) => { throw error; });
server.listen({ host: workerData.host, port: 0, backlog: 1 }, () => {
  parentPort.postMessage(server.address().port);
  Atomics.wait(workerData.sleep, 0, 0);
});
`;

export type Blackhole = {
  readonly port: number;
  /** Has it answer from now on; a client's kernel asks again after a second. */
  wake(): void;
};

/**
 * A port of a loopback address that answers no SYN: the kernel drops what comes to a full queue of connections that
 * nobody accepts. The port is a free one.
 */
export async function startBlackhole(host: string): Promise<Blackhole> {
  const sleep = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(SLEEPING_SERVER, { eval: true, workerData: { host, sleep } });
  const wake = (): void => {
    Atomics.store(sleep, 0, 1);
    Atomics.notify(sleep, 0);
  };
  onTestFinished(async () => {
    wake();
    await worker.terminate();
  });
  const port = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  // A backlog of one holds two connections (Linux keeps one more than it is told).
  await Promise.all([fill(host, port), fill(host, port)]);
  return { port, wake };
}

function fill(host: string, port: number): Promise<void> {
  const socket = net.connect({ host, port });
  onTestFinished(() => void socket.destroy());
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve());
    socket.once('error', reject);
  });
}
