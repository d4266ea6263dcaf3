import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { LogLine } from '../../bench/support/observed.ts';
import { request } from '../support/client.ts';
import { POLICY, type Scene, setStage } from '../support/faults.ts';
import { type Fault, peerOn } from '../support/peer.ts';

/** The reload of the policies: by whoever asks for it and breaks off, and by what it finds in the folder. */

const controlSocket = (scene: Scene): string => join(scene.proxy.folder, 'var/postern.sock');

/** Sends text to the control socket, and gives the answer when the connection is closed. */
async function control(scene: Scene, text: string): Promise<LogLine> {
  const peer = peerOn(net.connect(controlSocket(scene)));
  peer.socket.write(text);
  await once(peer.socket, 'close');
  return JSON.parse(peer.received()) as LogLine;
}

/** What a blocked and an allowed request get: whether the policies of the start are in force. */
async function expectInForce(scene: Scene): Promise<void> {
  const blocked = await request(scene.proxy.port, `http://${scene.blocked}/`);
  expect(blocked.status).toBe(403);
  const allowed = await request(scene.proxy.port, `http://${scene.allowed}/`);
  expect(allowed.status).toBe(502); // allowed: the origin hangs up
}

describe('whoever asks for a reload, and breaks off', () => {
  const stage = setStage(1, {});
  const faults: readonly Fault[] = ['FIN', 'garbage', 'stall'];
  const states = ['', 'relo', 'reload\n'];
  // Covers: EV-13; EV-19
  test.for(states.flatMap((sent) => faults.map((fault) => ({ sent, fault }))))(
    'after "$sent", with $fault: the next is answered, and nothing stays behind',
    async ({ sent, fault }) => {
      const [scene] = stage.scenes;
      if (scene === undefined) throw new Error('no scene');
      const peer = peerOn(net.connect(controlSocket(scene)));
      await once(peer.socket, 'connect');
      peer.socket.write(sent);
      peer.befall(fault);
      expect(await control(scene, 'status\n')).toMatchObject({ ok: true, pid: scene.proxy.pid });
      expect(await control(scene, 'reload\n')).toMatchObject({ ok: true, changed: false });
      peer.socket.destroy();
      await stage.expectAtRest();
      stage.expectSurvived();
    },
  );
});

describe('what a reload finds', () => {
  const stage = setStage(1, {});
  type Damage = (policies: string) => void;
  const DAMAGES: readonly (readonly [name: string, damage: Damage])[] = [
    [
      'bytes that are no text',
      (folder) => writeFileSync(join(folder, 'office.yaml'), Buffer.alloc(4_096, 0xff)),
    ],
    ['half of a file', (folder) => truncateSync(join(folder, 'office.yaml'), POLICY.length / 2)],
    ['an empty file', (folder) => truncateSync(join(folder, 'office.yaml'), 0)],
    ['no file', (folder) => rmSync(join(folder, 'office.yaml'))],
    ['no folder', (folder) => renameSync(folder, `${folder}.gone`)],
    ['a pipe that nobody writes to', (folder) => void spawnSync('mkfifo', [join(folder, 'pipe.yaml')])],
    ['a link out of the folder', (folder) => symlinkSync('/etc/hostname', join(folder, 'link.yaml'))],
    [
      'a file of 100 MB',
      (folder) => {
        writeFileSync(join(folder, 'large.yaml'), '');
        truncateSync(join(folder, 'large.yaml'), 100_000_000);
      },
    ],
    [
      'a second department for the same network',
      (folder) =>
        writeFileSync(
          join(folder, 'second.yaml'),
          POLICY.replace('department: office', 'department: second'),
        ),
    ],
    [
      'a rule that does not exist',
      (folder) => writeFileSync(join(folder, 'office.yaml'), POLICY.replace('block:', 'blcok:')),
    ],
  ];

  // Covers: EV-13; EV-38; EV-40
  test.for(DAMAGES)('%s: the policies in force stay, and the mended ones are taken', async ([, damage]) => {
    const [scene] = stage.scenes;
    if (scene === undefined) throw new Error('no scene');
    scene.refuseAll();
    const folder = join(scene.proxy.folder, 'policies');
    const before = await control(scene, 'status\n');
    damage(folder);
    const reloaded = await control(scene, 'reload\n');
    expect(reloaded).toMatchObject({ ok: false });
    expect(await control(scene, 'status\n')).toMatchObject({ policy: before.policy });
    await expectInForce(scene);

    rmSync(folder, { recursive: true, force: true });
    rmSync(`${folder}.gone`, { recursive: true, force: true });
    mkdirSync(folder);
    writeFileSync(join(folder, 'office.yaml'), POLICY);
    expect(await control(scene, 'reload\n')).toMatchObject({ ok: true });
    await expectInForce(scene);
    stage.expectSurvived();
  });

  test('leaves nothing behind', () => stage.expectRestOfSockets());
});

// Covers: EV-13
describe('requests under way while the policies change', () => {
  const stage = setStage(2, {});
  test('keep the policies that they began with, and the next request has the new ones', async () => {
    const [held, next] = stage.scenes;
    if (held === undefined || next === undefined) throw new Error('no scene');
    const accepted = held.accept();
    const client = await held.connect();
    client.socket.write(`GET http://${held.allowed}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    const origin = await accepted;
    await origin.until('\r\n\r\n');
    writeFileSync(
      join(held.proxy.folder, 'policies/office.yaml'),
      POLICY.replace('[blocked.test]', '[blocked.test, allowed.test]'),
    );
    expect(await control(held, 'reload\n')).toMatchObject({ ok: true });
    expect((await request(held.proxy.port, `http://${next.allowed}/`)).status).toBe(403);
    origin.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nstay');
    await client.until('stay');
    await vi.waitFor(() => expect(held.endings()).toEqual(['response-relayed']));
    stage.expectSurvived();
  });
});
