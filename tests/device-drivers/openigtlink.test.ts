import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openigtlink } from '../../device-drivers/openigtlink/openigtlink.ts';
import type { AppError } from '../../src/app-error.ts';
import { image, message, type Sent, transform } from '../support/openigtlink/messages.ts';
import { buildPeer, haveLibrary } from '../support/openigtlink/peer.ts';
import { serverThat } from '../support/openigtlink/server-that.ts';
import { runDriver } from './driver-bench.ts';
import { driverContract } from './driver-contract.ts';

const grey = (index: number): Buffer => image(new Uint8Array(12).fill(index), { width: 4, height: 3, spacingMm: [0.2, 0.3] });
const sentBy = (messages: readonly Buffer[]) => serverThat((socket) => void socket.write(Buffer.concat(messages)));

let steady: { port: number } & AsyncDisposable;
beforeAll(async () => {
  steady = await serverThat((socket) => {
    let index = 0;
    const timer = setInterval(() => socket.write(message('IMAGE', grey(index++), { stampedS: Date.now() / 1000 })), 10);
    socket.on('close', () => clearInterval(timer));
  });
});
afterAll(() => steady[Symbol.asyncDispose]());

describe('with a server that sends images', () => {
  driverContract(openigtlink, {
    host: '127.0.0.1',
    get port() {
      return steady.port;
    },
  });
});

describe('openigtlink', () => {
  const runAt = (port: number, options = {}) => runDriver(openigtlink, { host: '127.0.0.1', port, ...options });

  it('takes images of one device, and its calibration where it is told to believe it', async () => {
    await using server = await sentBy([
      message('TRANSFORM', new Uint8Array(48)),
      message('IMAGE', grey(1), { device: 'Other' }),
      message('IMAGE', grey(2), { device: 'Probe' }),
      message('IMAGE', grey(3), { device: 'Probe', version: 2 }),
      message('IMAGE', grey(4), { device: 'Probe', version: 3 }),
    ]);
    const run = runAt(server.port, { device: 'Probe', calibrated: true });
    await run.until(() => run.frames.length === 3);
    await run.stop();
    expect(run.frames.map(({ pixels }) => pixels[0])).toEqual([2, 3, 4]);
    expect(run.announced).toHaveLength(1);
    const [region] = run.announced[0]?.format.regions ?? [];
    expect(region).toMatchObject({ kind: 'tissue', x1: 3, y1: 2, unitX: 'cm' });
    expect(region?.deltaX).toBeCloseTo(0.02, 8);
    expect(region?.deltaY).toBeCloseTo(0.03, 8);
  });

  it('measures in pixels where nobody vouches for the spacing', async () => {
    const run = runAt(steady.port);
    await run.until(() => run.frames.length > 0);
    await run.stop();
    expect(run.announced[0]?.format.regions).toEqual([]);
  });

  it('reads 16 bits of either byte order, signed and unsigned, and colours', async () => {
    const samples = [-300, 0, 300, 1000];
    const big = Buffer.alloc(8);
    for (const [at, sample] of samples.entries()) big.writeInt16BE(sample, 2 * at);
    const little = Buffer.from(big).swap16();
    const rgb = Uint8Array.from({ length: 12 }, (_, at) => at);
    await using server = await sentBy([
      message('IMAGE', image(big, { width: 2, height: 2, scalar: 4, littleEndian: false })),
      message('IMAGE', image(little, { width: 2, height: 2, scalar: 4 })),
      message('IMAGE', image(little, { width: 2, height: 2, scalar: 5 })),
      message('IMAGE', image(rgb, { width: 2, height: 2, components: 3 })),
    ]);
    const run = runAt(server.port);
    await run.until(() => run.frames.length === 4);
    await run.stop();
    const words = run.frames.slice(0, 3).map(({ pixels }) => [...new Uint16Array(pixels.slice().buffer)]);
    expect(words).toEqual([samples.map((s) => s + 32_768), samples.map((s) => s + 32_768), samples.map((s) => s & 0xffff)]);
    expect(run.announced.map(({ format }) => format.pixelFormat)).toEqual(['Y16', 'Y16', 'RGB24']);
    expect([...(run.frames[3]?.pixels ?? [])]).toEqual([...rgb]);
  });

  it('leaves damaged messages out, counts them and goes on', async () => {
    const flipped = message('IMAGE', grey(9));
    flipped[flipped.length - 1] = 0xff;
    await using server = await sentBy([
      message('IMAGE', grey(1)),
      flipped,
      message('IMAGE', image(new Uint8Array(11), { width: 4, height: 3 })),
      message('IMAGE', image(new Uint8Array(24), { width: 4, height: 3, slices: 2 })),
      message('IMAGE', image(new Uint8Array(12), { width: 4, height: 3, part: [0, 0, 0, 2, 3, 1] })),
      message('IMAGE', image(new Uint8Array(48), { width: 4, height: 3, scalar: 10 })),
      message('IMAGE', grey(2)),
    ]);
    const run = runAt(server.port);
    await run.until(() => run.frames.length === 2);
    await run.stop();
    expect(Object.fromEntries(run.losses)).toEqual({ 'openigtlink/checksum': 1, 'openigtlink/bad-message': 4 });
    expect(run.frames.map(({ sequence }) => sequence)).toEqual([0, 6]);
    expect(run.warnings.join()).toMatch(/volume of 2 slices.*whole ones.*float32/s);
  });

  it('says what a device reports of itself', async () => {
    const status = Buffer.alloc(40);
    status.writeUInt16BE(13, 0);
    status.write('NotReady', 10);
    status.write('unplugged\u0007', 30);
    await using server = await sentBy([message('STATUS', status)]);
    const run = runAt(server.port);
    await run.until(() => run.warnings.length === 1);
    await run.stop();
    expect(run.warnings[0]).toBe('Test reports NotReady: unplugged\\u0007');
  });

  it.each([
    ['nothing there', undefined, 'openigtlink/no-connection'],
    ['an end of the line', (socket: Socket): undefined => void socket.end(message('IMAGE', grey(1))), 'openigtlink/connection-lost'],
    [
      'something else',
      (socket: Socket): undefined => void socket.write('HTTP/1.1 400 Bad Request\r\n'.repeat(4)),
      'openigtlink/not-a-header',
    ],
    [
      'a gigabyte announced',
      (socket: Socket): undefined => void socket.write(message('IMAGE', new Uint8Array(0), { bodyBytes: 2 ** 40 })),
      'openigtlink/not-a-header',
    ],
  ] as const)('fails with a code on %s', async (_, serve, code) => {
    await using server = await serverThat(serve ?? (() => undefined));
    const port = serve === undefined ? 1 : server.port;
    const failed: unknown = await runAt(port).ended.catch((thrown: unknown) => thrown);
    expect((failed as AppError).code).toBe(code);
  });

  it('says which texts and films a device sends, and counts the films, which are not read', async () => {
    const film = Buffer.alloc(40);
    film.write('VP9 ', 2);
    const text = Buffer.concat([Buffer.from([0, 3, 0, 5]), Buffer.from('hello')]);
    await using server = await sentBy([
      message('STRING', text),
      message('STRING', text),
      message('VIDEO', film),
      message('IMAGE', grey(1)),
    ]);
    const run = runAt(server.port);
    await run.until(() => run.frames.length === 1);
    await run.stop();
    expect(run.warnings).toEqual(['Test says: hello', 'Test sends VIDEO (VP9), which is not read: let it send IMAGE']);
    expect(Object.fromEntries(run.losses)).toEqual({ 'openigtlink/video': 1 });
    expect(run.frames[0]?.sequence).toBe(1);
  });
});

describe('poses', () => {
  const stampS = 1_700_000_000;
  /** A pose of a tool at x, and an image, at milliseconds of the sender's clock. */
  const pose = (tool: string, x: number, atMs: number, how: Sent = {}): Buffer =>
    message('TRANSFORM', transform(x), { device: tool, stampedS: stampS + atMs / 1000, ...how });
  const picture = (index: number, atMs: number): Buffer => message('IMAGE', grey(index), { stampedS: stampS + atMs / 1000 });
  const runOf = async (messages: readonly Buffer[], frames: number, options = {}) => {
    await using server = await sentBy(messages);
    const run = runDriver(openigtlink, { host: '127.0.0.1', port: server.port, ...options });
    await run.until(() => run.frames.length === frames);
    await run.stop();
    return run;
  };

  it('are those of the capture time: between two measurements, next to one, or lost', async () => {
    const run = await runOf(
      [picture(0, 0), pose('Probe', 10, 100), pose('Probe', 20, 200), picture(1, 150), picture(2, 260), picture(3, 900)],
      4,
    );
    const [none, between, next, lost] = run.frames.map(({ poses }) => poses?.[0]);
    expect(none).toBeUndefined();
    expect(between).toMatchObject({ tool: 'Probe', source: 'interpolated' });
    expect(between?.matrix?.[3]).toBeCloseTo(15, 3);
    expect(between?.ageMs).toBeCloseTo(50, 1);
    expect(next).toMatchObject({ source: 'measured' });
    expect(next?.matrix?.[3]).toBe(20);
    expect(next?.ageMs).toBeCloseTo(60, 1);
    expect(lost).toMatchObject({ tool: 'Probe', source: 'lost' });
    expect(lost).not.toHaveProperty('matrix');
  });

  it('that follow their image, as PLUS sends them, are waited for and belong to it', async () => {
    const messages = Array.from({ length: 6 }, (_, index) => [picture(index, 50 * index), pose('Probe', index, 50 * index)]).flat();
    const run = await runOf(messages, 6);
    const seen = run.frames.map(({ poses }) => poses?.[0]?.matrix?.[3]);
    // Only the second pose shows that they follow.
    expect(seen.slice(2)).toEqual([2, 3, 4, 5]);
    expect(run.frames.map(({ pixels }) => pixels[0])).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('that do not follow any more hold no image for long', async () => {
    const messages = [0, 1, 2].flatMap((index) => [picture(index, 50 * index), pose('Probe', index, 50 * index)]);
    const run = await runOf([...messages, picture(3, 150)], 4);
    expect(run.frames[3]?.poses?.[0]?.matrix?.[3]).toBe(2);
  });

  it('of which the tracker says itself that it lost the tool count as lost', async () => {
    const metadata = { TransformValid: '0', TransformStatus: 'OUT_OF_VIEW' };
    const run = await runOf([pose('Probe', 1, 0), pose('Probe', 1, 20, { version: 2, metadata }), picture(1, 20)], 1);
    expect(run.frames[0]?.poses).toMatchObject([{ tool: 'Probe', source: 'lost' }]);
  });

  it('of another clock than that of the images are placed by their arrival', async () => {
    const other = { stampedS: 5 };
    const run = await runOf([picture(0, 0), pose('Probe', 7, 0, other), picture(1, 1)], 2);
    expect(run.frames[1]?.poses?.[0]?.matrix?.[3]).toBe(7);
    expect(run.frames[1]?.poses?.[0]?.ageMs).toBeLessThan(100);
  });

  it('of more tools than any tracker has are left out with a word', async () => {
    const many = Array.from({ length: 20 }, (_, tool) => pose(`Tool ${tool}`, tool, 0));
    const run = await runOf([...many, picture(0, 0)], 1);
    expect(run.frames[0]?.poses).toHaveLength(16);
    expect(run.warnings).toHaveLength(4);
  });
});

describe.skipIf(!haveLibrary)("the protocol's C++ library (skipped without libopenigtlink-dev and g++)", () => {
  let peer: ReturnType<typeof buildPeer>;
  beforeAll(() => {
    peer = buildPeer();
  }, 180_000);
  afterAll(() => peer[Symbol.dispose]());

  it.each([
    [3, 64, 48, 'GREY'],
    [5, 33, 7, 'Y16'],
  ] as const)(
    'sends images of type %i that arrive to the bit with their poses, and a damaged one that does not',
    async (scalar, width, height, pixelFormat) => {
      const served = spawn(peer.program, ['serve', '5', `${width}`, `${height}`, `${scalar}`]);
      const [line] = (await once(createInterface(served.stdout), 'line')) as [string];
      const run = runDriver(openigtlink, { host: '127.0.0.1', port: Number(line.split(' ')[1]), calibrated: true });
      await run.until(() => run.frames.length === 5 && run.warnings.length === 2);
      await run.stop();
      await once(served, 'exit');
      expect(run.announced[0]?.format).toMatchObject({ width, height, pixelFormat });
      expect(run.announced[0]?.format.regions[0]?.deltaY).toBeCloseTo(0.03, 6);
      for (const [index, { pixels }] of run.frames.entries()) {
        expect(pixels.every((value, at) => value === ((at * 7 + index * 31 + (at >> 8)) & 0xff))).toBe(true);
      }
      expect(run.warnings).toEqual(['Peer says: probe 3C is warm', 'Peer reports NotReady: the probe is unplugged']);
      expect(Object.fromEntries(run.losses)).toEqual({ 'openigtlink/checksum': 1 });
      const poses = run.frames[4]?.poses ?? [];
      expect(poses.map(({ tool }) => tool)).toEqual(['ByTransform', 'ByPosition', 'ByTrackingData', 'ByQuaternion']);
      for (const { matrix, source } of poses) {
        expect(source).toBe('measured');
        const quarterTurn = [0, -1, 0, 4, 1, 0, 0, 2, 0, 0, 1, 3, 0, 0, 0, 1];
        for (const [at, value] of quarterTurn.entries()) expect(matrix?.[at]).toBeCloseTo(value, 5);
      }
    },
  );
});
