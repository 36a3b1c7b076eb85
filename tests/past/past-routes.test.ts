import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codecByNumber } from '../../src/codec/codecs.ts';
import { openCodecs } from '../../src/codec/node-codecs.ts';
import { frameFlags, frameHeaderBytes, readFrameHeader } from '../../src/protocol/frame-header.ts';
import type { ServerMessage } from '../../src/protocol/messages.ts';
import { codecNames } from '../../src/protocol/tiers.ts';
import { ask, enter, tokenOf } from '../access/asking.ts';
import { openRoom, type ReceivedFrame, type TestViewer } from '../broadcast/test-room.ts';
import { until } from './recording-room.ts';

const folder = mkdtempSync(join(tmpdir(), 'lumencast-past-routes-'));
const codecs = await openCodecs();
const echo = { kind: 'ultrasound', width: 640, height: 480, fps: 30 };
const streams = [
  { name: 'Echo', options: echo },
  { name: 'Angiogram', options: { kind: 'fluoroscopy', width: 160, height: 120, fps: 15 } },
];

type Row = readonly [number, number, number, number, number];

interface Index {
  readonly descriptions: Record<string, { readonly name: string }>;
  readonly frames: readonly Row[];
  readonly more: boolean;
}

describe('the past over HTTP', () => {
  let room: Awaited<ReturnType<typeof openRoom>>;
  let operator: TestViewer;
  let key: { authorization: string };
  let requests = 0;

  beforeAll(async () => {
    room = await openRoom(streams, {}, { access: 'invited', dataFolder: folder, past: {} });
    key = await enter(room.address, tokenOf(room.invitation));
    operator = await room.view(true, { headers: key });
    operator.say({ type: 'watch', stream: 0, views: ['processed'], delivery: 'every' });
    await operator.until(() => operator.frames.length > 30, 50_000);
  });
  afterAll(async () => {
    await room.close();
    rmSync(folder, { recursive: true });
  });

  async function invited(role: 'observer' | 'marker', only?: number[]): Promise<{ authorization: string }> {
    const own = ++requests;
    operator.say({ type: 'invite', request: own, label: 'Ward 3', role, minutes: 60, once: false, ...(only && { streams: only }) });
    const answer = (): Extract<ServerMessage, { type: 'invited' }> | undefined =>
      operator.messages.find((message) => message.type === 'invited' && message.request === own) as never;
    await operator.until(() => answer() !== undefined);
    return enter(room.address, tokenOf(answer()?.link));
  }

  const get = (path: string, headers: object = key) => fetch(new URL(path, room.address), { headers: { ...headers } });
  const indexOf = async (query = ''): Promise<Index> => (await get(`streams/0/past/index${query}`)).json() as Promise<Index>;

  /** Wire messages that follow one another, cut apart. */
  function messagesIn(bytes: Buffer): Buffer[] {
    const messages: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      const length = frameHeaderBytes + bytes.readUInt32LE(at + 36);
      messages.push(bytes.subarray(at, at + length));
      at += length;
    }
    return messages;
  }
  const framesOf = async (path: string): Promise<Buffer[]> => messagesIn(Buffer.from(await (await get(path)).arrayBuffer()));
  const headerOf = (message: Buffer) => readFrameHeader(new DataView(message.buffer, message.byteOffset, message.length));

  it('says what there is, and gives every frame as it was', async () => {
    const last = operator.frames.at(-1)?.header.capturedAtUs ?? 0;
    await until(() => (room.stores.past?.past(0).newestUs ?? 0) >= last);
    const answer = await get('streams/0/past');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.json()).toMatchObject({
      lost: expect.any(Number),
      gaps: expect.any(Array),
      frames: expect.any(Number),
      fromUs: expect.any(Number),
    });
    const fromUs = operator.frames[5]?.header.capturedAtUs ?? 0;
    const { frames, descriptions, more } = await indexOf(`?fromUs=${fromUs}&toUs=${last}`);
    expect(more).toBe(false);
    expect(Object.values(descriptions)).toMatchObject([{ name: 'Echo' }]);
    const messages = await framesOf(`streams/0/past/frames?fromUs=${fromUs}&toUs=${last}`);
    expect(messages.map((message) => [headerOf(message).capturedAtUs, headerOf(message).sequence, message.length])).toEqual(
      frames.map(([us, sequence, , bytes]) => [us, sequence, bytes]),
    );
    const seen = operator.frames.filter(({ header }) => header.capturedAtUs >= fromUs && header.capturedAtUs <= last);
    const pixels = messages.map((message) => {
      const header = headerOf(message);
      const decoded = codecByNumber(codecs, header.codec).decode(header, message.subarray(frameHeaderBytes));
      return [header.capturedAtUs, crc32(decoded)] as const;
    });
    const recorded = new Map(pixels);
    // A viewer on a busy machine may have been sent fewer.
    expect(seen.length).toBeGreaterThan(10);
    for (const { header, payload } of seen) expect(recorded.get(header.capturedAtUs)).toBe(crc32(payload));
    expect(messages.every((message) => (headerOf(message).flags & frameFlags.lossless) !== 0)).toBe(true);
  });

  it('finds R peaks by the flags of the index', async () => {
    const isPeak = (flags: number): boolean => (flags & frameFlags.rPeak) !== 0;
    const wanted = (): ReceivedFrame | undefined => operator.frames.find(({ header }) => isPeak(header.flags));
    await operator.until(() => wanted() !== undefined);
    const atUs = wanted()?.header.capturedAtUs ?? 0;
    await until(() => (room.stores.past?.past(0).newestUs ?? 0) >= atUs);
    const { frames } = await indexOf();
    expect(frames.find(([us, , , , flags]) => us === atUs && isPeak(flags))).toBeDefined();
  });

  it('gives at most what was asked for', async () => {
    const { frames, more } = await indexOf('?limit=7');
    expect([frames.length, more]).toEqual([7, true]);
    expect(await framesOf('streams/0/past/frames?limit=3')).toHaveLength(3);
    expect(await framesOf('streams/0/past/frames?fromUs=5&toUs=4')).toHaveLength(0);
  });

  it('gives JPEG to lines that bear no more', async () => {
    const messages = await framesOf('streams/0/past/frames?limit=5&quality=still');
    expect(messages.map((message) => codecNames[headerOf(message).codec])).toEqual(Array.from({ length: 5 }, () => 'jpeg'));
    const [first] = messages;
    const header = first && headerOf(first);
    expect(header && first && crc32(first.subarray(frameHeaderBytes)) === header.crc32).toBe(true);
    expect(header && header.flags & frameFlags.lossless).toBe(0);
  });

  it.each(['fromUs=-1', 'toUs=1e9', 'limit=x', 'fromUs=NaN', 'limit=99999999999999999', 'quality=best'])('refuses ?%s', async (query) => {
    const answer = await get(`streams/0/past/frames?${query}`);
    expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'protocol/bad-message' }]);
  });

  it('shows nothing to strangers, and to nobody what he may not see', async () => {
    const other = await invited('marker', [1]);
    for (const what of ['past', 'past/index', 'past/frames']) {
      expect((await ask(room.address, `streams/0/${what}`)).status).toBe(401);
      expect((await get(`streams/0/${what}`, other)).status).toBe(404);
      expect((await get(`streams/1/${what}`, other)).status).toBe(200);
      expect((await get(`streams/7/${what}`)).status).toBe(404);
      expect((await get(`streams/..%2F0/${what}`)).status).toBe(404);
    }
    const observer = await invited('observer');
    expect((await get('streams/0/past', observer)).status).toBe(200);
    for (const what of ['index', 'frames']) {
      expect((await get(`kept/${'0'.repeat(16)}/${what}`, observer)).status).toBe(403);
      expect((await get(`kept/${'0'.repeat(16)}/${what}`)).status).toBe(404);
      expect((await get(`kept/..%2F..%2Fetc/${what}`)).status).toBe(404);
      expect((await ask(room.address, `kept/${'0'.repeat(16)}/${what}`)).status).toBe(401);
    }
  });

  /** More than what is on its way between two ends fills. */
  const enough = (): Promise<void> => until(() => (room.stores.past?.past(0).bytes ?? 0) > 8 * 2 ** 20, 60_000);

  it('ends at once for who is put out while he reads', { timeout: 90_000 }, async () => {
    await enough();
    const own = await invited('observer');
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request(new URL('streams/0/past/frames', room.address), { headers: own, agent: false }, resolve).on('error', reject).end();
    });
    expect(answer.statusCode).toBe(200);
    const invitation = operator.last('invitations')?.invitations[0]?.invitation ?? '';
    const revoking = ++requests;
    operator.say({ type: 'revoke', request: revoking, invitation });
    await operator.until(() => operator.messages.some((heard) => heard.type === 'done' && heard.request === revoking));
    const ended = new Promise((resolve) => {
      answer.on('end', () => resolve('whole'));
      answer.on('error', ({ message }) => resolve(message));
    });
    answer.resume();
    expect(await ended).toBe('aborted');
  });

  it('lets no more read at the same time than it has files for', { timeout: 90_000 }, async () => {
    await enough();
    const answers: { status: number; end(): void }[] = [];
    for (let reader = 0; reader < 17; reader++) {
      answers.push(
        await new Promise((resolve) => {
          const asked = request(new URL('streams/0/past/frames', room.address), { headers: key, agent: false }, (answer) => {
            answer.pause();
            resolve({ status: answer.statusCode ?? 0, end: () => asked.destroy() });
          });
          asked.on('error', () => undefined);
          asked.end();
        }),
      );
    }
    for (const { end } of answers) end();
    expect(answers.map(({ status }) => status)).toEqual([...Array.from({ length: 16 }, () => 200), 503]);
  });

  it('counts what is recorded', async () => {
    const text = await (await get('metrics')).text();
    for (const name of ['lumencast_recorded_frames_total', 'lumencast_recorded_bytes_total', 'lumencast_past_bytes']) {
      expect(Number(new RegExp(`^${name}\\{stream="Echo"\\} (\\d+)`, 'm').exec(text)?.[1])).toBeGreaterThan(0);
    }
  });
});
