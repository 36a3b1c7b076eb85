import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { Complaint, withoutSecrets } from '../../device-drivers/ffmpeg/complaint.ts';
import { ffmpeg } from '../../device-drivers/ffmpeg/ffmpeg.ts';
import { type PnmPicture, PnmReader } from '../../device-drivers/ffmpeg/pnm-reader.ts';
import { parseVersion, passThrough } from '../../device-drivers/ffmpeg/version.ts';
import { AppError } from '../../src/app-error.ts';
import { mutantOf, seeded } from '../support/mutant.ts';
import { runDriver } from './driver-bench.ts';
import { driverContract } from './driver-contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'ffmpeg-'));
afterAll(() => rmSync(folder, { recursive: true }));
const absent = spawnSync('ffmpeg', ['-version']).status !== 0;
const screen = { input: 'testsrc2=size=64x48:rate=50', format: 'lavfi', inputOptions: ['-re'] };

/** Frames of raw video as one file, and the options that play it. */
function rawVideo(name: string, pixelFormat: string, frames: readonly Uint8Array[], size = '16x8', rate = 100) {
  const file = join(folder, name);
  writeFileSync(file, Buffer.concat(frames));
  const inputOptions = ['-pixel_format', pixelFormat, '-video_size', size, '-framerate', `${rate}`];
  return { input: file, format: 'rawvideo', inputOptions, paced: true };
}
const noise = (bytes: number, seed: number): Uint8Array => {
  const random = seeded(seed);
  return Uint8Array.from({ length: bytes }, () => random(256));
};

async function failure(options: Readonly<Record<string, unknown>>): Promise<AppError> {
  const run = runDriver(ffmpeg, options);
  const thrown: unknown = await run.ended.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(AppError);
  return thrown as AppError;
}

describe.skipIf(absent)('ffmpeg (skipped where it is not installed)', () => {
  driverContract(ffmpeg, screen);

  it.each([
    ['gray', 'grey', 128],
    ['rgb24', 'colour', 384],
    ['gray16le', 'grey16', 256],
  ] as const)('brings %s pictures to the bit, every one, and holds the last', async (pixelFormat, pixels, bytes) => {
    const frames = [1, 2, 3, 4, 5, 6, 7].map((seed) => noise(bytes, seed));
    const run = runDriver(ffmpeg, { ...rawVideo(pixelFormat, pixelFormat, frames), pixels });
    await run.until(() => run.holds.length === 1);
    await run.stop();
    expect(run.frames.map((frame) => Buffer.from(frame.pixels).toString('hex'))).toEqual(
      frames.map((frame) => Buffer.from(frame).toString('hex')),
    );
    expect(run.announced.map(({ format }) => [format.width, format.height, format.regions.length])).toEqual([[16, 8, 0]]);
  });

  it('plays in the time of the recording', async () => {
    const run = runDriver(ffmpeg, {
      ...rawVideo(
        'paced',
        'gray',
        Array.from({ length: 30 }, (_, at) => noise(128, at)),
        '16x8',
        20,
      ),
      pixels: 'grey',
    });
    await run.until(() => run.frames.length >= 21);
    await run.stop();
    const [first, last] = [run.frames[0], run.frames[20]];
    expect(Number((last?.capturedAtNs ?? 0n) - (first?.capturedAtNs ?? 0n)) / 1e6).toBeGreaterThan(700);
  });

  it('takes the picture inside the screen', async () => {
    const frame = Uint8Array.from({ length: 128 }, (_, at) => at);
    const run = runDriver(ffmpeg, {
      ...rawVideo('crop', 'gray', [frame, frame]),
      pixels: 'grey',
      crop: { x: 4, y: 2, width: 8, height: 3 },
    });
    await run.until(() => run.frames.length >= 1);
    await run.stop();
    const expected = [2, 3, 4].flatMap((y) => Array.from({ length: 8 }, (_, x) => y * 16 + 4 + x));
    expect([...(run.frames[0]?.pixels ?? [])]).toEqual(expected);
  });

  it.each([
    ['no such file', { input: '/no/such/video.mp4' }, 'ffmpeg/no-input'],
    ['a file that is none', { input: import.meta.filename }, 'ffmpeg/bad-input'],
    ['a format that does not exist', { input: 'x', format: 'nosuchformat' }, 'ffmpeg/bad-option'],
    ['nobody who listens', { input: 'rtsp://user:secret@127.0.0.1:9/live' }, 'ffmpeg/no-input'],
    ['no program', { input: 'x', program: '/no/such/ffmpeg' }, 'ffmpeg/missing'],
    ['a source that says nothing', { input: 'udp://127.0.0.1:18777', silentMs: 500 }, 'ffmpeg/silent'],
  ])('fails with a code on %s', async (_, options, code) => {
    const error = await failure(options);
    expect(error.code).toBe(code);
    expect(error.message).not.toContain('secret');
    if (code === 'ffmpeg/silent') expect(error.fields).toMatchObject({ seconds: 1 });
  });

  it('takes any end of a device as its loss', async () => {
    const error = await failure({ ...screen, input: 'testsrc2=size=64x48:rate=50:duration=0.3' });
    expect(error.code).toBe('ffmpeg/ended');
  });

  it('says so when its process is killed from outside', async () => {
    const lasts = 10_000 + process.pid;
    const run = runDriver(ffmpeg, { ...screen, input: `${screen.input}:duration=${lasts}` });
    await run.until(() => run.frames.length >= 2);
    const pid = Number(spawnSync('pgrep', ['-f', `duration=${lasts}`], { encoding: 'utf8' }).stdout.split('\n')[0]);
    process.kill(pid, 'SIGKILL');
    await expect(run.ended).rejects.toMatchObject({ code: 'ffmpeg/ended' });
  });
});

const rtspServer = join(import.meta.dirname, '../support/rtsp-server.py');
// Debian's own Python has Debian's bindings.
const python = '/usr/bin/python3';
const noRtsp = absent || spawnSync(python, [rtspServer, '-', '1', '1']).status !== 0;

describe.skipIf(noRtsp)('ffmpeg and an RTSP server (skipped where gst-rtsp-server is missing)', () => {
  const [width, height] = [160, 96];
  const picture = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
    const [x, y] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width)];
    return [20 + x, 20 + 2 * y, (x >> 4) % 2 === (y >> 4) % 2 ? 180 : 60][at % 3] as number;
  });
  const file = join(folder, 'picture.rgb');
  writeFileSync(file, picture);
  const servers: ChildProcess[] = [];
  afterAll(() => {
    for (const server of servers) server.kill('SIGKILL');
  });

  async function serve(port = 0): Promise<{ server: ChildProcess; port: number }> {
    const server = spawn(python, [rtspServer, file, `${width}`, `${height}`, `${port}`], { stdio: ['ignore', 'pipe', 'ignore'] });
    servers.push(server);
    const [line] = (await once(server.stdout as Readable, 'data')) as [Buffer];
    return { server, port: Number(line) };
  }

  it('shows the picture that is sent, says when the server is gone, and shows it again when it is back', async () => {
    const { server, port } = await serve();
    const options = { input: `rtsp://127.0.0.1:${port}/live`, silentMs: 15_000 };
    const run = runDriver(ffmpeg, options);
    await run.until(() => run.frames.length >= 5);
    const shown = run.frames[4]?.pixels ?? new Uint8Array(0);
    expect(shown.length).toBe(picture.length);
    const difference = picture.reduce((sum, level, at) => sum + Math.abs(level - (shown[at] as number)), 0) / picture.length;
    expect(difference).toBeLessThan(4);
    server.kill('SIGKILL');
    await expect(run.ended).rejects.toMatchObject({ code: expect.stringMatching(/^ffmpeg\/(ended|silent|no-input)$/) });
    expect((await failure(options)).code).toBe('ffmpeg/no-input');
    await serve(port);
    const again = runDriver(ffmpeg, options);
    await again.until(() => again.frames.length >= 2);
    await again.stop();
  });

  it('says that there is nothing at that path', async () => {
    const { port } = await serve();
    expect((await failure({ input: `rtsp://127.0.0.1:${port}/other` })).code).toBe('ffmpeg/no-input');
  });
});

describe('the version of ffmpeg', () => {
  const program = (name: string, says: string): string => {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\n${says}\n`, { mode: 0o755 });
    return path;
  };

  it.each([
    ['4.4.2-0ubuntu0.22.04.1', '-vsync'],
    ['5.0.1', '-vsync'],
    ['5.1.9-0+deb12u1', '-fps_mode'],
    ['n8.0', '-fps_mode'],
    ['N-118193-g5f38c82536', '-fps_mode'],
    ['2026-01-07-git-af6a1dd0b2', '-fps_mode'],
  ])('%s: %s', (version, option) => {
    const parsed = parseVersion(`ffmpeg version ${version} Copyright (c) 2000-2026 the FFmpeg developers\nbuilt with gcc`);
    expect(parsed?.text).toBe(version);
    expect(parsed && passThrough(parsed)).toEqual([option, 'passthrough']);
  });

  it.each([
    ['too old', 'echo "ffmpeg version 3.4.11 Copyright"', 'ffmpeg/too-old'],
    ['another program', 'echo hello', 'ffmpeg/missing'],
    ['a program that fails', 'exit 3', 'ffmpeg/missing'],
  ])('%s is refused', async (_, says, code) => {
    expect((await failure({ input: 'x', program: program(`${code.slice(7)}-${says.length}`, says) })).code).toBe(code);
  });
});

describe('PnmReader', () => {
  const picture = (header: string, bytes: number): Buffer => Buffer.concat([Buffer.from(header), noise(bytes, bytes)]);
  const read = (bytes: Uint8Array, step: number): Omit<PnmPicture, 'pixels'>[] => {
    const seen: Omit<PnmPicture, 'pixels'>[] = [];
    const reader = new PnmReader(
      ({ pixels, ...shape }) => {
        expect(pixels.length).toBe(shape.width * shape.height * { GREY: 1, Y16: 2, RGB24: 3 }[shape.pixelFormat]);
        seen.push(shape);
      },
      () => 0n,
    );
    for (let at = 0; at < bytes.length; at += step) reader.receive(Buffer.from(bytes.subarray(at, at + step)));
    return seen;
  };
  const stream = Buffer.concat([picture('P5\n4 3\n255\n', 12), picture('P6\n2 2\n255\n', 12), picture('P5\n3 3\n65535\n', 18)]);

  it.each([1, 2, 7, 1000])('cuts a stream in pieces of %i bytes into its pictures', (step) => {
    expect(read(stream, step).map(({ width, height, pixelFormat }) => `${width}x${height} ${pixelFormat}`)).toEqual([
      '4x3 GREY',
      '2x2 RGB24',
      '3x3 Y16',
    ]);
  });

  it('refuses anything else with a code, and reserves nothing for sizes that cannot be', () => {
    for (const bytes of ['P5\n99999 99999\n255\n', 'P5\n0 4\n255\n', `GIF89a${'x'.repeat(50)}`, 'P7'.padEnd(60)]) {
      expect(() => read(Buffer.from(bytes), 8)).toThrow(AppError);
    }
    const random = seeded(11);
    let refused = 0;
    for (let round = 0; round < 20_000; round++) {
      try {
        read(mutantOf(stream, stream, random), 16);
      } catch (thrown) {
        expect((thrown as AppError).code).toBe('ffmpeg/bad-output');
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});

describe('Complaint', () => {
  it.each([
    [true, '[video4linux2,v4l2 @ 0x5] ioctl(VIDIOC_DQBUF): Invalid argument\n/dev/video4: Invalid argument', 'device/gone'],
    [true, 'ioctl(VIDIOC_QBUF): No such device', 'device/gone'],
    [true, 'rtsp://10.0.0.9/live: Connection reset by peer', 'ffmpeg/no-input'],
    [true, 'Option foo not found', 'ffmpeg/ended'],
    [false, '/dev/video4: No such file or directory', 'device/not-found'],
    [false, '[dshow @ 0x5] Could not find video device with name [Cam] among source devices of type video.', 'device/not-found'],
    [false, '[video4linux2,v4l2 @ 0x5] ioctl(VIDIOC_STREAMON): Device or resource busy', 'ffmpeg/busy'],
    [false, 'Option foo not found', 'ffmpeg/bad-option'],
  ])('after pictures: %s, "%s": %s', (played, said, code) => {
    const complaint = new Complaint('/dev/video4');
    complaint.hear(Buffer.from(`${said}\n`));
    expect(complaint.error('it ended', played).code).toBe(code);
  });

  it('leaves name and password out of what it says', () => {
    const complaint = new Complaint('rtsp://nurse:geheim@10.0.0.9/stream');
    complaint.hear(Buffer.from('rtsp://nurse:geheim@10.0.0.9/stream: Connection refused\n'));
    expect(complaint.error('it ended', false)).toMatchObject({ code: 'ffmpeg/no-input' });
    expect(complaint.error('it ended', false).message).not.toMatch(/nurse|geheim/);
    const others = new Complaint('x');
    others.hear(Buffer.from('srt://10.0.0.9:9000?passphrase=geheim&mode=caller: error, rtsp://a:ge@heim@b/c?token=geheim\n'));
    expect(others.error('it ended', false).message).not.toMatch(/heim/);
    expect(withoutSecrets('rtsp://a:ge@heim@b/c@2?token=x')).toBe('rtsp://b/c@2');
    expect(withoutSecrets('/dev/video0')).toBe('/dev/video0');
  });
});
