import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openigtlink } from '../../device-drivers/openigtlink/openigtlink.ts';
import type { AppError } from '../../src/app-error.ts';
import { bodyParts, headerBytes, type MessageHeader, readHeader } from '../../src/openigtlink/header.ts';
import { readImage } from '../../src/openigtlink/image.ts';
import { Receiver } from '../../src/openigtlink/receiver.ts';
import { readStatus } from '../../src/openigtlink/text-messages.ts';
import { Crc64 } from '../../wasm/crc64.ts';
import { mutantOf, seeded } from '../support/mutant.ts';
import { image, message, slowCrc64 } from '../support/openigtlink/messages.ts';
import { haveRecordings, recording } from '../support/recordings.ts';
import { runDriver } from './driver-bench.ts';
import { driverContract } from './driver-contract.ts';

/** A server that does with every client what `serve` says. */
async function serverThat(serve: (socket: Socket) => void): Promise<{ port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

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
    ]);
    const run = runAt(server.port, { device: 'Probe', calibrated: true });
    await run.until(() => run.frames.length === 2);
    await run.stop();
    expect(run.frames.map(({ pixels }) => pixels[0])).toEqual([2, 3]);
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

  it('takes any bytes: a clear refusal or messages, never more memory than was reserved', async () => {
    const whole = Buffer.concat([1, 2, 1, 2].map((version, index) => message('IMAGE', grey(index), { version })));
    const random = seeded(7);
    let [messages, refused, damaged] = [0, 0, 0];
    const sink = {
      message(header: MessageHeader, body: Uint8Array): void {
        messages++;
        try {
          const { offset, length } = bodyParts(header, body);
          if (header.type === 'IMAGE') readImage(body.subarray(offset, offset + length));
          if (header.type === 'STATUS') readStatus(body.subarray(offset, offset + length));
        } catch (thrown) {
          expect((thrown as AppError).code).toBe('openigtlink/bad-message');
          refused++;
        }
      },
      damaged(): void {
        damaged++;
      },
    };
    const rooms: Receiver[] = [];
    for (let round = 0; round < 20_000; round++) {
      // A line that was refused is closed, and the next one begins afresh.
      const receiver = rooms.pop() ?? (await Receiver.open(4096, sink));
      const mutant = mutantOf(whole, whole, random);
      try {
        for (let at = 0; at < mutant.length; at += 50) receiver.receive(mutant.subarray(at, at + 50));
      } catch (thrown) {
        expect((thrown as AppError).code).toBe('openigtlink/not-a-header');
        refused++;
        continue;
      }
      rooms.push(receiver);
    }
    expect(Math.min(messages, refused, damaged)).toBeGreaterThan(100);
  }, 60_000);
});

describe('Crc64', () => {
  it('is the checksum of the protocol, in any pieces', async () => {
    const crc = await Crc64.open(32_768);
    crc.bytes.set(Buffer.from('123456789'));
    expect(crc.over(0, 9).toString(16)).toBe('6c40df5f0b497347');
    crc.bytes.forEach((_, at) => {
      crc.bytes[at] = (at * 131) >> 2;
    });
    for (const length of [0, 1, 7, 8, 9, 63, 1000, 4096, 12_345, 20_001]) {
      expect(crc.over(3, length)).toBe(slowCrc64(crc.bytes.subarray(3, 3 + length)));
      expect(crc.over(3 + (length >> 1), length - (length >> 1), crc.over(3, length >> 1))).toBe(crc.over(3, length));
    }
    expect(() => crc.over(0, crc.bytes.length + 1)).toThrow(RangeError);
  });
});

describe.skipIf(!haveRecordings)("the protocol's own test messages (skipped without ../shared/data)", () => {
  it('have the checksum that they say, and content where they say', async () => {
    const folder = recording('openigtlink');
    for (const name of readdirSync(folder)) {
      const bytes = readFileSync(join(folder, name));
      const header = readHeader(bytes, 4096);
      const body = bytes.subarray(headerBytes);
      expect(body.length, name).toBe(header.bodyBytes);
      const crc = await Crc64.open(4096);
      crc.bytes.set(body);
      expect(crc.over(0, body.length), name).toBe(header.crc);
      expect(bodyParts(header, body).length, name).toBeGreaterThan(0);
    }
    const status = readFileSync(join(folder, 'status_message.bin')).subarray(headerBytes);
    expect(readStatus(status)).toEqual({ code: 15, name: 'ACTUATOR_DISABLED', message: 'Actuator A is disabled.' });
  });
});

const library = '/usr/include/openigtlink/igtlImageMessage.h';
describe.skipIf(!existsSync(library))("the protocol's C++ library (skipped without libopenigtlink-dev and g++)", () => {
  const folder = mkdtempSync(join(tmpdir(), 'openigtlink-'));
  const program = join(folder, 'peer');
  beforeAll(() => {
    const source = resolve(import.meta.dirname, '../support/openigtlink/peer.cxx');
    const built = spawnSync('g++', ['-I/usr/include/openigtlink', '-o', program, source, '-lOpenIGTLink', '-lpthread'], {
      encoding: 'utf8',
    });
    expect(built.stderr).toBe('');
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    [3, 64, 48, 'GREY'],
    [5, 33, 7, 'Y16'],
  ] as const)('sends images of type %i that arrive to the bit', async (scalar, width, height, pixelFormat) => {
    const peer = spawn(program, ['5', `${width}`, `${height}`, `${scalar}`]);
    const [line] = (await once(createInterface(peer.stdout), 'line')) as [string];
    const run = runDriver(openigtlink, { host: '127.0.0.1', port: Number(line.split(' ')[1]), calibrated: true });
    await run.until(() => run.frames.length === 5 && run.warnings.length === 1);
    await run.stop();
    await once(peer, 'exit');
    expect(run.announced[0]?.format).toMatchObject({ width, height, pixelFormat });
    expect(run.announced[0]?.format.regions[0]?.deltaY).toBeCloseTo(0.03, 6);
    for (const [index, { pixels }] of run.frames.entries()) {
      expect(pixels.every((value, at) => value === ((at * 7 + index * 31 + (at >> 8)) & 0xff))).toBe(true);
    }
    expect(run.warnings[0]).toBe('Peer reports NotReady: the probe is unplugged');
    expect(run.losses.size).toBe(0);
  });
});
