import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openCodecs } from '../../src/codec/node-codecs.ts';
import { keepLittle } from '../support/receive-buffer.ts';
import { openRoom } from './test-room.ts';

const [width, height] = [160, 120];

describe('pictures for dumb monitors', () => {
  let room: Awaited<ReturnType<typeof openRoom>>;
  beforeAll(async () => {
    room = await openRoom(
      [
        { name: 'Echo', options: { width, height, fps: 25 } },
        { name: 'Deep', options: { kind: 'fluoroscopy', width, height, bits: 10 }, stages: [{ stage: 'window', enabled: false }] },
      ],
      { viewers: 3 },
    );
  });
  afterAll(() => room.close());

  it('a snapshot is the newest picture as JPEG, with its truth', async () => {
    // On a busy machine the first picture may take longer than a snapshot waits for it.
    const live = async (): Promise<Response | undefined> => {
      const asked = await fetch(`${room.address}streams/0/snapshot.jpg`);
      return asked.ok ? asked : undefined;
    };
    const answer = (await vi.waitUntil(live, 30_000)) as Response;
    expect(answer.headers.get('content-type')).toBe('image/jpeg');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(Number(answer.headers.get('x-age-ms'))).toBeLessThan(400);
    expect(Number(answer.headers.get('x-captured-us'))).toBeGreaterThan(1e15);
    expect(await mean(new Uint8Array(await answer.arrayBuffer()))).toBeGreaterThan(5);
  });

  it('moving pictures come one after the other, each newer; the board where the source falls silent, pictures again after that', async () => {
    const line = await open('streams/0/live.mjpeg');
    const parts = partsOf(line);
    const first = await until(parts, ({ hash }) => hash !== boardHash);
    const second = await until(parts, ({ hash }) => hash !== boardHash);
    expect(second.capturedUs).toBeGreaterThan(first.capturedUs);
    expect(await mean(first.jpeg)).toBeGreaterThan(5);

    room.streams[0]?.setRunning(false);
    await expect
      .poll(async () => (await fetch(`${room.address}streams/0/snapshot.jpg`)).json().catch(() => undefined), { timeout: 10_000 })
      .toMatchObject({ code: 'gateway/not-live' });
    await until(parts, ({ hash }) => hash === boardHash);
    const stoppedUs = Date.now() * 1000;

    room.streams[0]?.setRunning(true);
    await until(parts, ({ hash, capturedUs }) => hash !== boardHash && capturedUs > stoppedUs);
    line.destroy();
  });

  it('moving pictures stand among those who watch, and whoever is sent out is gone', async () => {
    const operator = await room.view();
    const [left, sentOut] = [await open('streams/0/live.mjpeg'), await open('streams/0/live.mjpeg')];
    const dumb = () => operator.last('viewers')?.viewers.filter(({ by }) => by === 'mjpeg') ?? [];
    await operator.until(() => dumb().length === 2);
    const entry = { name: 'This machine', role: 'operator', watches: [{ stream: 0, tier: 'still' }], sinceUs: expect.any(Number) };
    expect(dumb()).toMatchObject([entry, entry]);
    expect(new Set(operator.last('viewers')?.viewers.map(({ viewer }) => viewer)).size).toBe(3);

    left.destroy();
    await operator.until(() => dumb().length === 1);
    const ended = once(sentOut, 'error');
    sentOut.resume();
    operator.say({ type: 'send-out', request: 5, viewer: dumb()[0]?.viewer ?? 0 });
    await operator.until(() => operator.last('done')?.request === 5);
    expect(await ended).toMatchObject([{ code: 'ECONNRESET' }]);
    await operator.until(() => dumb().length === 0);
    operator.socket.terminate();
  });

  it('refuses what is not there, what is no JPEG, and one viewer too many; whoever leaves makes room', async () => {
    for (const [path, status, code] of [
      ['streams/7/snapshot.jpg', 404, 'protocol/unknown-stream'],
      ['streams/-1/live.mjpeg', 404, 'protocol/unknown-stream'],
      ['streams/0x0/snapshot.jpg', 404, 'protocol/unknown-stream'],
      ['streams/1/snapshot.jpg', 409, 'gateway/no-jpeg'],
    ] as const) {
      const answer = await fetch(`${room.address}${path}`);
      expect([answer.status, await answer.json()]).toMatchObject([status, { code }]);
    }
    const lines = [await open('streams/0/live.mjpeg'), await open('streams/0/live.mjpeg'), await open('streams/0/live.mjpeg')];
    const refused = await fetch(`${room.address}streams/0/live.mjpeg`);
    expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'access/too-many-viewers' }]);
    for (const line of lines) line.destroy();
    await expect.poll(async () => (await fetch(`${room.address}streams/0/snapshot.jpg`)).status).toBe(200);
  });

  const open = (path: string) => openAt(room.address, path);
});

describe.skipIf(process.platform !== 'linux')('a dumb monitor that does not take what it is sent', () => {
  it('is spared pictures instead of being given old ones, and hears soon that none is live', async () => {
    const room = await openRoom([{ name: 'Echo', options: { width: 640, height: 480, fps: 30 } }]);
    const line = await openAt(room.address, 'streams/0/live.mjpeg');
    keepLittle(line.socket);
    const parts = partsOf(line);
    await until(parts, ({ hash }) => hash !== boardHash);
    const before = room.streams[0]?.counts.captured ?? 0;
    await expect.poll(() => room.streams[0]?.counts.captured ?? 0, { timeout: 15_000 }).toBeGreaterThan(before + 90);
    room.streams[0]?.setRunning(false);
    await expect.poll(() => room.streams[0]?.status.state).toBe('stopped');
    let bytes = 0;
    await until(parts, ({ jpeg, hash }) => {
      bytes += jpeg.length;
      return hash === boardHash;
    });
    line.destroy();
    await room.close();
    // 64 KiB and a picture on the way, as much as that in the monitor; the kernel would have taken some megabytes.
    expect(bytes).toBeLessThan(600_000);
  });
});

function openAt(address: string, path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(`${address}${path}`, (answer) => (answer.statusCode === 200 ? resolve(answer) : reject(new Error(`${answer.statusCode}`)))).on(
      'error',
      reject,
    );
  });
}

const boardHash = await hashOfBoard();

interface Part {
  readonly capturedUs: number;
  readonly jpeg: Uint8Array;
  readonly hash: string;
}

/** Parts of multipart/x-mixed-replace, read by their length. */
function partsOf(line: IncomingMessage): { next(): Promise<Part> } {
  const chunks = line[Symbol.asyncIterator]();
  let bytes = Buffer.alloc(0);
  return {
    async next() {
      for (;;) {
        const head = bytes.indexOf('\r\n\r\n');
        const text = bytes.subarray(0, Math.max(head, 0)).toString('latin1');
        const length = Number(/content-length: (\d+)/.exec(text)?.[1]);
        if (head >= 0 && bytes.length >= head + 4 + length) {
          const jpeg = new Uint8Array(bytes.subarray(head + 4, head + 4 + length));
          bytes = bytes.subarray(head + 4 + length);
          return { capturedUs: Number(/x-captured-us: (\d+)/.exec(text)?.[1]), jpeg, hash: hashOf(jpeg) };
        }
        const { value, done } = await chunks.next();
        if (done) throw new Error('the line ended');
        bytes = Buffer.concat([bytes, value as Buffer]);
      }
    },
  };
}

async function until(parts: { next(): Promise<Part> }, is: (part: Part) => boolean): Promise<Part> {
  for (let read = 0; read < 500; read++) {
    const part = await parts.next();
    if (is(part)) return part;
  }
  throw new Error('500 parts and none of them');
}

async function hashOfBoard(): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  return hashOf(await readFile(new URL('../../src/broadcast/not-live.jpg', import.meta.url)));
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function mean(jpeg: Uint8Array): Promise<number> {
  const codecs = await openCodecs();
  const pixels = codecs.jpeg.decode({ width, height, pixelFormat: 'GREY' }, jpeg);
  return pixels.reduce((sum, level) => sum + level, 0) / pixels.length;
}
