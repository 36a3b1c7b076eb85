import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ServerMessage } from '../../src/protocol/messages.ts';
import { openRoom, type TestViewer } from '../broadcast/test-room.ts';
import { shortestMs } from '../support/shortest.ts';
import { ask, enter, knock, tokenOf } from './asking.ts';

const folder = mkdtempSync(join(tmpdir(), 'lumencast-intruder-'));
const small = { kind: 'ultrasound', width: 160, height: 120, fps: 20 };

describe('what an intruder gets: nothing', () => {
  let room: Awaited<ReturnType<typeof openRoom>>;
  let operator: TestViewer;
  let key: { authorization: string };
  let request = 0;

  type Invite = { role?: 'observer' | 'marker' | 'operator'; streams?: number[]; minutes?: number; once?: boolean };
  const invite = async ({ role = 'observer', streams, minutes = 60, once = false }: Invite = {}, by = operator): Promise<string> => {
    const own = ++request;
    by.say({ type: 'invite', request: own, label: 'Ward 3', role, minutes, once, ...(streams && { streams }) });
    const answered = (): Extract<ServerMessage, { type: 'invited' }> | undefined =>
      by.messages.find((message) => message.type === 'invited' && message.request === own) as never;
    await by.until(() => answered() !== undefined);
    return tokenOf(answered()?.link);
  };
  const newest = (): string => operator.last('invitations')?.invitations[0]?.invitation ?? '';
  const done = async (message: { type: 'revoke'; invitation: string } | { type: 'send-out'; viewer: number }): Promise<void> => {
    const own = ++request;
    operator.say({ ...message, request: own });
    await operator.until(() => operator.messages.some((heard) => heard.type === 'done' && heard.request === own));
  };
  const closed = async (viewer: TestViewer): Promise<string> => {
    await viewer.until(() => viewer.closed !== undefined);
    return `${viewer.closed?.code} ${viewer.closed?.reason}`;
  };

  beforeAll(async () => {
    const streams = [
      { name: 'Echo', options: small },
      { name: 'Angiogram', options: small },
    ];
    const past = { minutes: 1, mebibytes: 64, memoryMebibytes: 32 };
    room = await openRoom(streams, {}, { access: 'invited', dataFolder: folder, archive: {}, past });
    key = await enter(room.address, tokenOf(room.invitation));
    operator = await room.view(true, { headers: key });
  });
  afterAll(async () => {
    await room.close();
    rmSync(folder, { recursive: true });
  });

  const kept = '00000000000000aa';
  const closedRoutes = [
    ...['metrics', 'session', 'streams/0/snapshot.jpg', 'streams/0/live.mjpeg'],
    ...['streams/0/past', 'streams/0/past/index', 'streams/0/past/frames', `kept/${kept}/index`, `kept/${kept}/frames`],
  ];

  const forgeries: readonly (readonly [string, () => Record<string, string>])[] = [
    ['nothing', () => ({})],
    ['a guessed session', () => ({ authorization: `Bearer ${'A'.repeat(43)}` })],
    ['an invitation in place of a session', () => ({ authorization: `Bearer ${tokenOf(room.invitation)}` })],
    ['an empty one', () => ({ authorization: 'Bearer ' })],
    ['a name and a guessed password', () => ({ authorization: `Basic ${Buffer.from('operator:operator').toString('base64')}` })],
    ['an unsigned cookie', () => ({ cookie: `lumencast-${new URL(room.address).port}=${key.authorization.slice(7)}` })],
    [
      'a cookie with a forged signature',
      () => ({ cookie: `lumencast-${new URL(room.address).port}=${key.authorization.slice(7)}.${'A'.repeat(43)}` }),
    ],
    ['a promise to come from this machine', () => ({ 'x-forwarded-for': '127.0.0.1', forwarded: 'for=127.0.0.1', 'x-real-ip': '::1' })],
    ['another address by header', () => ({ 'x-original-url': '/healthz', 'x-http-method-override': 'GET' })],
  ];
  it.each(forgeries)('with %s', async (_what, headers) => {
    for (const route of closedRoutes) {
      const { status, text } = await ask(room.address, route, headers());
      expect([401, 403, 404], route).toContain(status);
      expect(text).not.toContain('Echo');
    }
    expect(await knock(room.address, headers())).toBe(401);
    const health = await ask(room.address, 'healthz', headers());
    expect(Object.keys(JSON.parse(health.text))).toEqual(['status']);
  });

  it('from another origin, by another name of this server, or through the browser of somebody who is in', async () => {
    const host = new URL(room.address).host;
    for (const headers of [
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { origin: `https://${host}` },
      { origin: `http://${host}.evil.example` },
      { host: 'evil.example' },
      { host: `evil.example:${new URL(room.address).port}` },
      { host: `${host}@evil.example` },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' },
    ]) {
      const both = { ...key, ...headers } as Record<string, string>;
      for (const route of ['metrics', 'session', 'healthz', ''])
        expect((await ask(room.address, route, both)).status, JSON.stringify(headers)).toBe(403);
      if (!('sec-fetch-site' in headers)) expect(await knock(room.address, both), JSON.stringify(headers)).toBe(403);
    }
    // A link may lead here from anywhere.
    expect((await ask(room.address, '', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' })).status).toBe(200);
    expect(await knock(room.address, { ...key, origin: room.address.slice(0, -1) })).toBe(101);
  });

  it('by another address of the WebSocket', async () => {
    for (const path of ['ws?token=1', 'ws/', '//ws', 'WS', 'session']) expect(await knock(room.address, key, path), path).toBe(404);
  });

  it('with an invitation that was used', async () => {
    const token = await invite({ once: true });
    await enter(room.address, token);
    expect((await ask(room.address, 'session', {}, 'POST', { invitation: token })).status).toBe(401);
    expect((await ask(room.address, 'session', {}, 'POST', { invitation: token, bearer: true })).text).toContain('access/invitation-used');
  });

  it('with an invitation that was revoked, and whoever came by it is gone', async () => {
    const token = await invite({ role: 'operator' });
    const guest = await enter(room.address, token);
    const viewer = await room.view(true, { headers: guest });
    viewer.say({ type: 'watch', stream: 0, views: ['processed'] });
    await viewer.until(() => viewer.frames.length > 2);
    const invitation = newest();
    // What this operator lets in goes with it.
    const second = await invite({ role: 'observer' }, viewer);
    const guestOfGuest = await room.view(true, { headers: await enter(room.address, second) });
    await done({ type: 'revoke', invitation });
    expect(await closed(viewer)).toBe('4401 access/revoked');
    expect(await closed(guestOfGuest)).toBe('4401 access/revoked');
    const { length } = viewer.frames;
    expect(await knock(room.address, guest)).toBe(401);
    expect((await ask(room.address, 'session', guest)).text).toContain('access/revoked');
    expect((await ask(room.address, 'session', {}, 'POST', { invitation: token })).text).toContain('access/revoked');
    expect((await ask(room.address, 'session', {}, 'POST', { invitation: second })).text).toContain('access/revoked');
    expect(viewer.frames.length).toBe(length);
  });

  it('once sent out: the session is over, and the reason is told', async () => {
    const guest = await enter(room.address, await invite(), 'Dr Example');
    const viewer = await room.view(true, { headers: guest });
    await operator.until(() => operator.last('viewers')?.viewers.some(({ name }) => name === 'Dr Example') === true);
    const seen = operator.last('viewers')?.viewers.find(({ name }) => name === 'Dr Example');
    expect(seen).toMatchObject({ role: 'observer', watches: [], invitation: newest() });
    await done({ type: 'send-out', viewer: seen?.viewer ?? -1 });
    expect(await closed(viewer)).toBe('4401 access/sent-out');
    expect(await knock(room.address, guest)).toBe(401);
    await operator.until(() => operator.last('viewers')?.viewers.every(({ name }) => name !== 'Dr Example') === true);
  });

  it.each(['revoke', 'send-out'] as const)('after %s: all that it had is gone within a second', async (type) => {
    const round = async (): Promise<number> => {
      const guest = await enter(room.address, await invite(), 'Dr Example');
      const invitation = newest();
      const viewer = await room.view(true, { headers: guest });
      const motion = ask(room.address, 'streams/0/live.mjpeg', guest).catch(() => undefined);
      const mine = () => operator.last('viewers')?.viewers.filter((one) => one.invitation === invitation) ?? [];
      await operator.until(() => mine().length === 2);
      const begunMs = performance.now();
      // What answers it waits for a disk.
      const told = done(type === 'revoke' ? { type, invitation } : { type, viewer: mine()[0]?.viewer ?? -1 });
      await Promise.all([closed(viewer), motion]);
      const tookMs = performance.now() - begunMs;
      await told;
      return tookMs;
    };
    expect(await shortestMs(round)).toBeLessThan(1000);
  });

  it('of streams that it was not invited to', async () => {
    const guest = await enter(room.address, await invite({ streams: [1] }));
    const viewer = await room.view(true, { headers: guest });
    expect(viewer.last('hello')?.streams.map(({ id }) => id)).toEqual([1]);
    viewer.say({ type: 'watch', stream: 0, views: ['processed'] });
    await viewer.until(() => viewer.last('error') !== undefined);
    expect(viewer.last('error')?.error.code).toBe('protocol/unknown-stream');
    viewer.say({ type: 'watch', stream: 1, views: ['processed'] });
    await viewer.until(() => viewer.frames.length > 5 && viewer.last('stats') !== undefined);
    expect(new Set(viewer.frames.map(({ header }) => header.stream))).toEqual(new Set([1]));
    operator.say({ type: 'set-stage', request: ++request, stream: 0, stage: 'window', enabled: false });
    await operator.until(() => operator.last('stage-set') !== undefined);
    viewer.say({ type: 'ping', sentUs: 1 });
    await viewer.until(() => viewer.last('pong') !== undefined);
    const told = viewer.messages.flatMap((message) => ('stream' in message && message.stream !== undefined ? [message.stream] : []));
    expect(told.every((stream) => (typeof stream === 'number' ? stream : stream.id) === 1)).toBe(true);
    expect((await ask(room.address, 'metrics', guest)).status).toBe(403);
    expect((await ask(room.address, 'metrics', key)).status).toBe(200);
    const health = JSON.parse((await ask(room.address, 'healthz', guest)).text) as { streams: { id: number }[] };
    expect(health.streams.map(({ id }) => id)).toEqual([1]);
    // A dumb monitor has a name and a password, and the same streams.
    const basic = { authorization: `Basic ${Buffer.from(`monitor:${guest.authorization.slice(7)}`).toString('base64')}` };
    for (const route of ['snapshot.jpg', 'live.mjpeg']) expect((await ask(room.address, `streams/0/${route}`, basic)).status).toBe(404);
    // On a busy machine the picture may be late for a moment, and is then no snapshot.
    await expect.poll(async () => (await ask(room.address, 'streams/1/snapshot.jpg', basic)).status, { timeout: 10_000 }).toBe(200);
    const motion = ask(room.address, 'streams/1/live.mjpeg', basic);
    await done({ type: 'revoke', invitation: newest() });
    await motion.catch(() => undefined);
    expect((await ask(room.address, 'streams/1/snapshot.jpg', basic)).status).toBe(401);
    expect(await closed(viewer)).toBe('4401 access/revoked');
  });

  it('of what its role may not do', async () => {
    const acts = [
      { type: 'set-stage', stream: 0, stage: 'window', enabled: true },
      { type: 'set-preset', stream: 0, preset: 'off' },
      { type: 'set-source', stream: 0, running: false },
      { type: 'invite', label: 'me', role: 'operator', minutes: 5, once: true },
      { type: 'revoke', invitation: newest() },
      { type: 'send-out', viewer: 1 },
    ] as const;
    for (const role of ['observer', 'marker'] as const) {
      const viewer = await room.view(true, { headers: await enter(room.address, await invite({ role })) });
      expect(viewer.last('hello')).toMatchObject({ role, invited: true });
      for (const act of acts) {
        const own = ++request;
        viewer.say({ ...act, request: own });
        await viewer.until(() => viewer.last('error')?.request === own);
        expect(viewer.last('error')?.error.code, act.type).toBe('access/not-permitted');
      }
      expect(viewer.last('viewers')).toBeUndefined();
      expect(viewer.last('invitations')).toBeUndefined();
      expect(viewer.closed).toBeUndefined();
      viewer.socket.terminate();
    }
    expect(room.streams[0]?.status.state).toBe('streaming');
  });

  describe('of examinations, patients and what is kept', () => {
    const patient = { name: 'Example, Erika', id: 'PAT-4711' };
    const mark = {
      ...{ type: 'put-mark', mark: '00000000000000bb', stream: 0, revision: 0, fromUs: Date.now() * 1000 },
      shape: { kind: 'point', number: 1, points: [{ x: 5, y: 5 }] },
    } as const;
    const answer = async (viewer: TestViewer, message: object): Promise<ServerMessage> => {
      const own = ++request;
      viewer.say({ ...message, request: own } as never);
      const answered = () => viewer.messages.find((heard) => 'request' in heard && heard.request === own);
      await viewer.until(() => answered() !== undefined);
      return answered() as ServerMessage;
    };
    const caughtUp = async (viewer: TestViewer): Promise<void> => {
      const pongs = (): number => viewer.messages.filter(({ type }) => type === 'pong').length;
      const before = pongs();
      viewer.say({ type: 'ping', sentUs: 1 });
      await viewer.until(() => pongs() > before);
    };
    let acts: readonly object[];
    let before: string;
    /** What the operator would find. */
    const all = async (): Promise<string> => {
      const { examinations } = (await answer(operator, { type: 'find-examinations', text: '' })) as Extract<
        ServerMessage,
        { type: 'examinations' }
      >;
      const contents = [];
      for (const { examination } of examinations) {
        const { request: _, ...content } = (await answer(operator, { type: 'look-into', examination })) as Extract<
          ServerMessage,
          { type: 'examination-content' }
        >;
        contents.push(content);
      }
      return JSON.stringify(contents);
    };

    beforeAll(async () => {
      operator.say({ type: 'watch', stream: 0, views: ['processed'] });
      await operator.until(() => operator.frames.length > 3);
      const on = { epoch: room.streams[0]?.describe().epoch ?? 0 };
      expect(await answer(operator, { type: 'open-examination', patient })).toMatchObject({ type: 'examination-set' });
      expect(await answer(operator, { ...mark, on })).toMatchObject({ type: 'mark-put' });
      expect(await answer(operator, { type: 'keep', kept, stream: 0, kind: 'still' })).toMatchObject({ kept: { state: 'kept' } });
      operator.say({ type: 'unwatch', stream: 0 });
      const id = operator.last('examination')?.examination?.examination;
      acts = [
        { ...mark, on, revision: 1 },
        { ...mark, on, mark: '00000000000000cc' },
        { ...mark, on: { kept } },
        { type: 'remove-mark', mark: mark.mark, revision: 1 },
        {
          type: 'calibrate',
          stream: 0,
          calibration: {
            points: [
              { x: 1, y: 60 },
              { x: 90, y: 60 },
            ],
            known: { mm: 9 },
          },
        },
        { type: 'keep', kept: '00000000000000dd', stream: 0, kind: 'clip' },
        { type: 'keep-until', kept },
        { type: 'discard-kept', kept },
        { type: 'bookmark', bookmark: '00000000000000ee', stream: 0, atUs: 1, text: '' },
        { type: 'open-examination', patient: { name: 'Intruder', id: '' } },
        { type: 'name-patient', patient: { name: 'Intruder', id: '' } },
        { type: 'close-examination' },
        { type: 'reopen-examination', examination: id },
        { type: 'find-examinations', text: '' },
        { type: 'look-into', examination: id },
      ];
      before = await all();
      expect(before).toContain(patient.name);
    });

    it.each([
      ['an observer', 'observer', undefined],
      ['a marker of another stream', 'marker', [1]],
      ['an operator of another stream', 'operator', [1]],
    ] as const)('%s changes nothing and hears nothing', async (_who, role, streams) => {
      const guest = await enter(room.address, await invite({ role, ...(streams && { streams: [...streams] }) }));
      const viewer = await room.view(true, { headers: guest });
      // A bookmark is for everybody, of streams that they see.
      for (const act of acts.filter((one) => streams !== undefined || (one as { type: string }).type !== 'bookmark'))
        expect(await answer(viewer, act), JSON.stringify(act)).toMatchObject({ type: 'error' });
      viewer.say({ type: 'draft-mark', mark: mark.mark, stream: 0, shape: mark.shape, fromUs: 1 });
      viewer.say({ type: 'point', stream: 0, points: [{ x: 1, y: 1 }], drawing: true });
      await caughtUp(viewer);
      await caughtUp(operator);
      expect(viewer.closed).toBeUndefined();
      expect(operator.messages.some(({ type }) => type === 'mark-drafted' || type === 'pointed')).toBe(false);
      for (const route of [`kept/${kept}/index`, `kept/${kept}/frames`, ...(streams === undefined ? [] : ['streams/0/past/frames'])])
        expect([401, 403, 404], route).toContain((await ask(room.address, route, guest)).status);
      // What it is refused with repeats what it said itself.
      const heard = JSON.stringify(viewer.messages.filter(({ type }) => type !== 'error'));
      if (role === 'observer') expect(heard).not.toMatch(/Erika|PAT-4711/);
      else for (const hidden of [mark.mark, kept]) expect(heard).not.toContain(hidden);
      expect(await all()).toBe(before);
      viewer.socket.terminate();
    });

    it('and nobody is put out whose time is not over, whatever the calendar says', async () => {
      const guest = await enter(room.address, await invite({ minutes: 1 }));
      vi.useFakeTimers({ toFake: ['Date'] });
      try {
        vi.setSystemTime(Date.now() + 86_400_000);
        expect(await knock(room.address, guest)).toBe(101);
      } finally {
        vi.useRealTimers();
      }
    });

    it('somebody whose time is over', async () => {
      const guest = await enter(room.address, await invite({ role: 'operator', minutes: 1 }));
      const viewer = await room.view(true, { headers: guest });
      await caughtUp(viewer);
      const from = viewer.messages.length;
      const nowNs = process.hrtime.bigint;
      const later = vi.spyOn(process.hrtime, 'bigint').mockImplementation(() => nowNs() + 61_000_000_000n);
      try {
        for (let sent = 0; sent < 200 && viewer.closed === undefined; sent++) {
          viewer.say({ ...acts[1], mark: sent.toString(16).padStart(16, 'f'), request: ++request } as never);
          await viewer.until(() => viewer.closed !== undefined || viewer.messages.length > from + sent);
        }
        expect(await closed(viewer)).toBe('4401 access/expired');
        const { length } = viewer.messages;
        for (const route of closedRoutes) expect([401, 403], route).toContain((await ask(room.address, route, guest)).status);
        expect(await knock(room.address, guest)).toBe(401);
        expect(viewer.messages.length).toBe(length);
      } finally {
        later.mockRestore();
      }
    });
  });

  it('of more than it has itself, by inviting itself', async () => {
    const guest = await room.view(true, { headers: await enter(room.address, await invite({ role: 'operator', streams: [1] })) });
    for (const streams of [undefined, [0], [0, 1], [7]]) {
      const own = ++request;
      guest.say({ type: 'invite', request: own, label: 'me', role: 'operator', minutes: 5, once: false, ...(streams && { streams }) });
      await guest.until(() => guest.last('error')?.request === own);
      expect(guest.last('error')?.error.code).toBe('access/not-permitted');
    }
    expect(await invite({ streams: [1] }, guest)).toHaveLength(43);
    // Nor does it see or touch those who may see more.
    await guest.until(() => guest.last('viewers') !== undefined);
    const others = guest.last('viewers')?.viewers.map(({ viewer }) => viewer) ?? [];
    expect(others).not.toContain(operator.last('hello')?.viewer);
    guest.say({ type: 'send-out', request: ++request, viewer: operator.last('hello')?.viewer ?? 0 });
    await guest.until(() => guest.last('error')?.request === request);
    expect(guest.last('error')?.error.code).toBe('access/unknown-viewer');
    expect(guest.last('invitations')?.invitations.every(({ streams }) => streams?.join() === '1')).toBe(true);
    guest.socket.terminate();
  });

  it('by guessing invitations: ten a minute, and the operator goes on', async () => {
    const statuses = [];
    for (let guess = 0; guess < 25; guess++) {
      statuses.push((await ask(room.address, 'session', {}, 'POST', { invitation: `${guess}`.repeat(20).slice(0, 43) })).status);
    }
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect(statuses.at(-1)).toBe(429);
    expect((await ask(room.address, 'session', key)).status).toBe(200);
    expect(await knock(room.address, key)).toBe(101);
  });

  it('by rubbish in place of an invitation, which is not repeated to anybody', async () => {
    const bodies = [undefined, {}, { invitation: 7 }, { invitation: 'secret', extra: 1 }, { invitation: 'x'.repeat(5000) }, []];
    for (const body of bodies) {
      const { status, text } = await ask(room.address, 'session', {}, 'POST', body as object);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect(text).not.toContain('secret');
    }
  });

  it('is told nothing by headers that a page could use', async () => {
    const { headers } = await ask(room.address, '');
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(headers['strict-transport-security']).toBeUndefined();
  });
});
