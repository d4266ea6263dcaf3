import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { spawnWorker, type WorkerProcess } from '../../src/supervisor/worker-process.ts';
import { ROOT } from '../support/cli.ts';
import { folderWith } from '../support/temp-dir.ts';

/** A worker that answers an order with what it was given, never with `silence`, and does as some others say. */
const ECHO = `
import { obeyPrimary } from ${JSON.stringify(pathToFileURL(join(ROOT, 'src/supervisor/obey.ts')).href)};
let isToFailAtTheEnd = false;
const say = obeyPrimary(
  {
    async carryOut(order) {
      if (order === 'silence') return new Promise(() => {});
      if (order === 'fault') throw new Error('as ordered');
      if (order === 'fail at the end') isToFailAtTheEnd = true;
      if (order === 'speak') say({ said: 'unasked' });
      if (order === 'hurt me') for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGUSR1']) process.kill(process.pid, signal);
      return order;
    },
    async stop() {
      say('stopping');
      if (isToFailAtTheEnd) throw new Error('as ordered');
    },
  },
  (order) => order === 'stop',
);
`;

function startEcho(answerMs?: number) {
  const announced: unknown[] = [];
  const module = pathToFileURL(join(folderWith({ 'echo.mjs': ECHO }), 'echo.mjs'));
  const worker: WorkerProcess = spawnWorker(module, (said) => announced.push(said), answerMs);
  onTestFinished(async () => {
    worker.kill();
    await worker.ended;
  });
  return { worker, announced };
}

describe('a worker', () => {
  test('is asked in values of all kinds, and answers in the order of the questions', async () => {
    const { worker, announced } = startEcho();
    const order = { list: Uint32Array.of(1, 2 ** 31), map: new Map([['a', undefined]]), when: new Date(0) };
    const answers = await Promise.all([worker.ask(order), worker.ask('speak'), worker.ask(3)]);
    expect(answers).toEqual([{ answer: order }, { answer: 'speak' }, { answer: 3 }]);
    expect(announced).toEqual([{ said: 'unasked' }]);
  });

  test('leaves the signals of a terminal and a service to the primary, and opens no debugger', async () => {
    const { worker } = startEcho();
    expect(await worker.ask('hurt me')).toEqual({ answer: 'hurt me' });
    expect(await worker.ask('still there?')).toEqual({ answer: 'still there?' });
  });

  test('stops when it is told so', async () => {
    const { worker, announced } = startEcho();
    await worker.ask('there?');
    worker.tell('stop');
    expect(await worker.ended).toBe('exit status 0');
    expect(announced).toEqual(['stopping']);
  });

  test('that ends leaves no question open, of before or after', async () => {
    const { worker } = startEcho();
    await worker.ask('there?');
    const before = worker.ask('silence');
    worker.kill();
    expect(await before).toBe('gone');
    expect(await worker.ask('there?')).toBe('gone');
    expect(await worker.ended).toBe('SIGKILL');
  });

  test('that owes an answer for too long is ended', async () => {
    const { worker } = startEcho(500);
    expect(await worker.ask('silence')).toBe('gone');
    expect(await worker.ended).toBe('SIGKILL');
  });

  test('that fails at an order ends: another takes its place', async () => {
    const { worker } = startEcho();
    expect(await worker.ask('fault')).toBe('gone');
    expect(await worker.ended).toBe('exit status 1');
  });

  test('that fails at its end ends all the same', async () => {
    const { worker, announced } = startEcho();
    await worker.ask('fail at the end');
    worker.tell('stop');
    expect(await worker.ended).toBe('exit status 1');
    expect(announced).toEqual(['stopping']);
  });

  test('is not ended for an order that could not be sent', async () => {
    const { worker } = startEcho(500);
    await worker.ask('there?');
    await expect(worker.ask({ unlike: () => 'a value' })).rejects.toThrow('could not be cloned');
    expect(await startEcho(500).worker.ask('silence')).toBe('gone'); // by then it would have been
    expect(await worker.ask('still there?')).toEqual({ answer: 'still there?' });
  });

  test('that the system does not even begin to start tells it by its end', async () => {
    const worker = spawnWorker(new URL('file:///a%00b'), () => {});
    expect(await worker.ask('there?')).toBe('gone');
    expect(await worker.ended).toMatch('null bytes');
  });

  test('that is no program tells it by its end', async () => {
    const worker = spawnWorker(pathToFileURL('/nowhere/worker.mjs'), () => {});
    expect(await worker.ask('there?')).toBe('gone');
    expect(await worker.ended).toBe('exit status 1');
  });
});
