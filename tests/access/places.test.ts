import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRoom } from '../broadcast/test-room.ts';
import { ask, enter, knock, tokenOf } from './asking.ts';

const streams = [{ name: 'Echo', options: { kind: 'ultrasound', width: 160, height: 120, fps: 20 } }];

describe('the places of those who watch', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lumencast-places-'));
  let room: Awaited<ReturnType<typeof openRoom>>;
  beforeAll(async () => {
    room = await openRoom(streams, { viewers: 12, viewersPerSession: 3 }, { access: 'invited', dataFolder: folder });
  });
  afterAll(async () => {
    await room.close();
    rmSync(folder, { recursive: true });
  });

  it('are not all for one guest, nor for all guests together: an operator comes in and ends it', async () => {
    const key = await enter(room.address, tokenOf(room.invitation));
    const operator = await room.view(true, { headers: key });
    operator.say({ type: 'invite', request: 1, label: 'Ward 3', role: 'observer', minutes: 5, once: false });
    await operator.until(() => operator.last('invited') !== undefined);
    const link = tokenOf(operator.last('invited')?.link);
    const refusal = async (headers: { authorization: string }): Promise<object> => {
      const { status, text } = await ask(room.address, 'streams/0/live.mjpeg', headers);
      return { status, code: (JSON.parse(text) as { code: string }).code };
    };

    // One session: a dumb monitor and two WebSockets are its three.
    const first = await enter(room.address, link);
    const dumb = get(`${room.address}streams/0/live.mjpeg`, { headers: first });
    await once(dumb, 'response');
    const viewers = [await room.view(true, { headers: first }), await room.view(true, { headers: first })];
    expect(await knock(room.address, first)).toBe(429);
    expect(await refusal(first)).toEqual({ status: 429, code: 'access/too-many-of-session' });

    // Others by the same link take what is for guests: nine of twelve.
    for (const _ of [2, 3]) {
      const headers = await enter(room.address, link);
      for (const _line of [1, 2, 3]) viewers.push(await room.view(true, { headers }));
    }
    const late = await enter(room.address, link);
    expect(await knock(room.address, late)).toBe(503);
    expect(await refusal(late)).toEqual({ status: 503, code: 'access/too-many-guests' });
    // A page is not told why a WebSocket was refused: it asks.
    const session = async (headers: { authorization: string }): Promise<object> =>
      JSON.parse((await ask(room.address, 'session', headers)).text) as object;
    expect(await session(late)).toMatchObject({ role: 'observer', lack: { code: 'access/too-many-guests' } });
    expect(await session(key)).not.toHaveProperty('lack');
    const second = await room.view(true, { headers: key });
    const third = await room.view(true, { headers: key });
    expect(await refusal(key)).toEqual({ status: 503, code: 'access/too-many-viewers' });
    second.socket.terminate();
    dumb.destroy();
    await expect.poll(() => knock(room.address, late), { timeout: 10_000 }).toBe(101);

    third.say({ type: 'revoke', request: 2, invitation: operator.last('invited')?.invitation ?? '' });
    for (const viewer of viewers) await viewer.until(() => viewer.closed !== undefined);
    expect(await refusal(late)).toEqual({ status: 401, code: 'access/revoked' });
  });
});

it('whoever sits at the machine takes as many places as there are', async () => {
  const room = await openRoom(streams, { viewers: 40, viewersPerSession: 1 });
  await Promise.all(Array.from({ length: 40 }, () => room.view()));
  expect(await knock(room.address)).toBe(503);
  await room.close();
});
