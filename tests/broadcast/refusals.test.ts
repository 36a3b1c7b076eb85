import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServerMessage } from '../../src/protocol/messages.ts';
import { ask, enter, tokenOf } from '../access/asking.ts';
import { openRoom, type TestViewer } from './test-room.ts';

const folder = mkdtempSync(join(tmpdir(), 'lumencast-refusals-'));
const small = { kind: 'ultrasound', width: 96, height: 80, fps: 20 };
let room: Awaited<ReturnType<typeof openRoom>>;
let operator: TestViewer;

beforeAll(async () => {
  const streams = ['Echo', 'Angiogram'].map((name) => ({ name, options: small }));
  room = await openRoom(streams, {}, { access: 'invited', dataFolder: folder });
  operator = await room.view(true, { headers: await enter(room.address, tokenOf(room.invitation)) });
});
afterAll(async () => {
  await room.close();
  rmSync(folder, { recursive: true });
});

describe('HTTP that is refused', () => {
  it('where there is nothing, and what is no request, has a code and what to do, and quotes nothing of it', async () => {
    const nothing = await ask(room.address, 'nothing/here');
    expect([nothing.status, JSON.parse(nothing.text).code]).toEqual([404, 'protocol/unknown-route']);
    const long = await ask(room.address, 'session', {}, 'POST', { invitation: 'x'.repeat(2000), name: 'Erika Mustermann' });
    expect([long.status, JSON.parse(long.text).code]).toEqual([413, 'protocol/bad-message']);
    expect(long.text).toContain('remedy');
    expect(long.text).not.toContain('Mustermann');
  });

  it('asks who can only open an address for a name and a password, and nobody else', async () => {
    for (const picture of ['snapshot.jpg', 'live.mjpeg']) {
      const { status, headers } = await ask(room.address, `streams/0/${picture}`);
      expect([status, headers['www-authenticate']]).toEqual([401, 'Basic realm="Lumencast"']);
    }
    const { status, headers } = await ask(room.address, 'metrics');
    expect([status, headers['www-authenticate']]).toEqual([401, undefined]);
  });
});

describe('who else is there', () => {
  it('is told of those with whom somebody shares a picture', async () => {
    const guest = async (request: number, name: string, stream: number): Promise<TestViewer> => {
      operator.say({ type: 'invite', request, label: name, role: 'observer', minutes: 60, once: true, streams: [stream] });
      const invited = (): Extract<ServerMessage, { type: 'invited' }> | undefined =>
        operator.messages.find((message) => message.type === 'invited' && message.request === request) as never;
      await operator.until(() => invited() !== undefined);
      return room.view(true, { headers: await enter(room.address, tokenOf(invited()?.link), name) });
    };
    const names = (viewer: TestViewer): string[] => (viewer.last('present')?.viewers ?? []).map(({ name }) => name).sort();
    const echo = await guest(1, 'Emil', 0);
    const angiogram = await guest(2, 'Ada', 1);
    const both = await guest(3, 'Berta', 0);
    await operator.until(() => names(operator).length === 4);
    await both.until(() => names(both).includes('Emil') && names(both).length === 3);
    await echo.until(() => names(echo).includes('Berta') && names(echo).length === 3);
    await angiogram.until(() => names(angiogram).length === 2);
    for (const viewer of [echo, both]) expect(viewer.messages.some((heard) => JSON.stringify(heard).includes('Ada'))).toBe(false);
  });
});
