import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { attachedVideos, videoNamed } from '../../device-drivers/v4l2/attached.ts';
import { v4l2On } from '../../device-drivers/v4l2/v4l2.ts';
import { constants, errnos } from '../../device-drivers/v4l2/videodev.ts';
import type { AppError } from '../../src/app-error.ts';
import { type DoubleFormat, VideoDouble } from '../support/video-double.ts';
import { runDriver } from './driver-bench.ts';
import { driverContract } from './driver-contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'v4l2-'));
afterAll(() => rmSync(folder, { recursive: true }));

const yuyv: DoubleFormat = { letters: 'YUYV', width: 16, height: 8, rates: [30], bytesPerLine: 32, bytes: 256 };
const grey: DoubleFormat = { letters: 'GREY', width: 8, height: 6, rates: [50], bytesPerLine: 8, bytes: 48 };
const numbered = (buffer: Buffer, sequence: number): void => {
  for (let at = 0; at < buffer.length; at++) buffer[at] = (at + sequence) & 0xff;
};

function grabber(formats: readonly DoubleFormat[] = [yuyv], everyMs = 0, paint = numbered) {
  const double = new VideoDouble(formats, everyMs, paint);
  const driver = v4l2On(async () => double, join(folder, 'none'));
  const start = (options: Readonly<Record<string, unknown>> = {}) => runDriver(driver, { device: '/dev/video0', ...options });
  return { double, driver, start };
}

/** A grabber that streams, and what it delivers. */
async function streaming(formats: readonly DoubleFormat[], options: Readonly<Record<string, unknown>> = {}, paint = numbered) {
  const { double, start } = grabber(formats, 0, paint);
  const run = start(options);
  await double.starts();
  return { double, run };
}

async function failure(run: { ended: Promise<void> }): Promise<AppError> {
  const thrown: unknown = await run.ended.then(
    () => undefined,
    (error: unknown) => error,
  );
  return thrown as AppError;
}

driverContract(grabber([yuyv], 4).driver, { device: '/dev/video0' });

describe('v4l2', () => {
  it('lends what the device wrote, with its number and its time, and gives every buffer back', async () => {
    const { double, run } = await streaming([yuyv]);
    const stamps = [1n, 2n, 3n].map((at) => process.hrtime.bigint() - 50_000_000n + at * 1_000_000n);
    for (const stampNs of stamps) double.deliver({ stampNs });
    await run.until(() => run.frames.length === 3);
    expect(run.frames.map(({ capturedAtNs }) => capturedAtNs)).toEqual(stamps.map((stamp) => (stamp / 1000n) * 1000n));
    expect([...(run.frames[2]?.pixels ?? [])]).toEqual(Array.from({ length: 256 }, (_, at) => (at + 2) & 0xff));
    expect(double.queued.length).toBe(4);
    await run.stop();
    expect([double.closed, double.mapped, double.streams]).toEqual([1, 0, false]);
  });

  it('counts what the kernel numbered and did not hand over', async () => {
    const { double, run } = await streaming([yuyv]);
    for (const sequence of [3, 4, 9, 10]) double.deliver({ sequence });
    await run.stop();
    expect(Object.fromEntries(run.losses)).toEqual({ 'v4l2/sequence-gap': 4 });
    expect(run.frames.map(({ sequence }) => sequence)).toEqual([0, 1, 6, 7]);
  });

  it('counts a buffer in error once, and takes neither its number nor its time', async () => {
    const { double, run } = await streaming([yuyv]);
    double.deliver({ sequence: 7 });
    double.deliver({ sequence: 0, flags: constants.V4L2_BUF_FLAG_ERROR, stampNs: 0n, bytes: 0 });
    double.deliver({ sequence: 10 });
    await run.stop();
    expect(Object.fromEntries(run.losses)).toEqual({ 'v4l2/error-buffer': 1, 'v4l2/sequence-gap': 1 });
    expect(run.frames.length).toBe(2);
  });

  it('takes a device that counts anew, or not at all, for one that lost nothing', async () => {
    const { double, run } = await streaming([yuyv]);
    for (const sequence of [500, 0, 0, 0, 1, 2 ** 32 - 1, 0]) double.deliver({ sequence });
    await run.stop();
    expect(run.losses.size).toBe(0);
    expect(run.frames.length).toBe(7);
  });

  it('leaves a picture out that is shorter than its format, and says so when all are', async () => {
    const { double, run } = await streaming([yuyv]);
    double.deliver({ bytes: 255 });
    double.deliver();
    expect([run.frames.length, run.losses.get('v4l2/short-picture')]).toEqual([1, 1]);
    for (let wrong = 0; wrong < 10; wrong++) double.deliver({ bytes: 192 });
    expect(await failure(run)).toMatchObject({ code: 'v4l2/wrong-picture' });
  });

  it('takes no more than a buffer has, whatever the device says of it', async () => {
    const { double, run } = await streaming([{ ...yuyv, bytes: 200 }]);
    double.deliver({ bytes: 256 });
    await run.stop();
    expect([run.frames.length, run.losses.get('v4l2/short-picture')]).toEqual([0, 1]);
  });

  it('refuses lines that have no room for their pixels', async () => {
    const { double, start } = grabber([{ ...yuyv, bytesPerLine: 16 }]);
    expect(await failure(start())).toMatchObject({ code: 'v4l2/refused', message: expect.stringContaining('16 bytes') });
    expect([double.closed, double.mapped]).toEqual([1, 0]);
  });

  it('times by arrival what is stamped by another clock, or in the future', async () => {
    const { double, run } = await streaming([yuyv]);
    const before = process.hrtime.bigint();
    double.deliver({ stampNs: 5n });
    double.deliver({ stampNs: before + 10_000_000_000n });
    double.deliver({ flags: 0, stampNs: 7n });
    await run.stop();
    expect(run.frames.length).toBe(3);
    for (const { capturedAtNs } of run.frames) expect(capturedAtNs >= before && capturedAtNs <= process.hrtime.bigint()).toBe(true);
    expect(run.warnings.length).toBe(1);
  });

  it('announces how its colours are meant, its rate, and what it is', async () => {
    const { double, run } = await streaming([{ ...yuyv, rates: [25] }], { modality: 'ultrasound' });
    double.deliver();
    await run.stop();
    expect(run.announced[0]).toMatchObject({
      format: { pixelFormat: 'YUYV', frameIntervalMs: 40, colour: { matrix: 'bt601', range: 'limited' } },
      facts: { modality: 'ultrasound', synthetic: false, description: 'V4L2, Test grabber, YUYV 16x8, 25 fps' },
    });
  });

  it('cuts the picture out of the screen, pairs of a colour together', async () => {
    const { double, run } = await streaming([yuyv], { crop: { x: 3, y: 2, width: 4, height: 3 } });
    double.deliver();
    await run.stop();
    const expected = [2, 3, 4].flatMap((y) => Array.from({ length: 12 }, (_, at) => y * 32 + 4 + at));
    expect([...(run.frames[0]?.pixels ?? [])]).toEqual(expected);
    expect(run.announced[0]?.format).toMatchObject({ width: 6, height: 3 });
  });

  it('makes a window of the levels of 16 bits', async () => {
    const y16 = { ...grey, letters: 'Y16', bytesPerLine: 16, bytes: 96 };
    const paint = (buffer: Buffer): void => void new Uint16Array(buffer.buffer, buffer.byteOffset, 48).fill(1000, 0, 24).fill(3000, 24);
    const { double, run } = await streaming([y16], {}, paint);
    double.deliver();
    await run.stop();
    expect(run.announced[0]?.format.window).toEqual({ centre: 2000.5, width: 2001 });
  });

  it.each([
    ['both-fields', [50, 100, 150, 200]],
    ['one-field', [50, 150]],
    ['off', [50, 150]],
  ] as const)('makes pictures of fields, each at its time (%s)', async (deinterlace, expected) => {
    const field = constants.V4L2_FIELD_INTERLACED_TB;
    const { double, run } = await streaming([{ ...grey, rates: [10], field }], { deinterlace });
    const firstNs = process.hrtime.bigint() - 1_000_000_000n;
    for (const ms of [50n, 150n]) double.deliver({ field, stampNs: firstNs + ms * 1_000_000n });
    await run.stop();
    expect(run.frames.map(({ capturedAtNs }) => Math.round(Number(capturedAtNs - firstNs) / 1e6))).toEqual(expected);
    expect(run.announced[0]?.format.frameIntervalMs).toBe(deinterlace === 'both-fields' ? 50 : 100);
  });

  it('puts a picture together from buffers of one field each', async () => {
    const field = constants.V4L2_FIELD_ALTERNATE;
    const { double, run } = await streaming([{ ...grey, height: 3, bytes: 24, field }], {}, (buffer, sequence) => buffer.fill(sequence));
    double.deliver({ sequence: 10, field: constants.V4L2_FIELD_TOP });
    double.deliver({ sequence: 11, field: constants.V4L2_FIELD_BOTTOM });
    await run.stop();
    expect(run.announced[0]?.format).toMatchObject({ width: 8, height: 6 });
    expect(run.frames.map(({ pixels }) => [pixels.length, pixels[0], pixels[47]])).toEqual([
      [48, 10, 10],
      [48, 11, 11],
    ]);
  });
});

describe('v4l2 meets trouble', () => {
  it.each([
    ['the device is gone', errnos.ENOENT, 'device/not-found'],
    ['this user may not', errnos.EACCES, 'v4l2/no-rights'],
    ['it was pulled out just now', errnos.ENODEV, 'device/gone'],
  ])('when it opens it: %s', async (_, errno, code) => {
    const { double, start } = grabber();
    double.openErrno = errno;
    const error = await failure(start());
    expect(error.code).toBe(code);
    expect(error.remedy).not.toBe('');
  });

  it.each([
    ['VIDIOC_S_FMT', errnos.EBUSY, 'v4l2/busy'],
    ['VIDIOC_STREAMON', errnos.EBUSY, 'v4l2/busy'],
    ['VIDIOC_REQBUFS', errnos.ENOMEM, 'v4l2/refused'],
    ['VIDIOC_QUERYCAP', errnos.ENOTTY, 'v4l2/no-capture'],
    ['VIDIOC_DQBUF', errnos.EIO, 'v4l2/refused'],
  ] as const)('when %s answers %i: %s, and closes what it opened', async (call, errno, code) => {
    const { double, start } = grabber([yuyv], 2);
    double.errnos[call] = errno;
    expect(await failure(start())).toMatchObject({ code });
    expect([double.opened, double.closed, double.mapped]).toEqual([1, 1, 0]);
  });

  it('says that it was unplugged', async () => {
    const { double, run } = await streaming([yuyv]);
    double.deliver();
    double.unplug();
    expect(await failure(run)).toMatchObject({ code: 'device/gone' });
    expect([double.closed, double.mapped]).toEqual([1, 0]);
  });

  it('gives a device up that only gives errors back', async () => {
    const { double, run } = await streaming([yuyv]);
    for (let at = 0; at < 8; at++) double.deliver({ flags: constants.V4L2_BUF_FLAG_ERROR });
    expect(await failure(run)).toMatchObject({ code: 'v4l2/broken' });
    expect(run.losses.get('v4l2/error-buffer')).toBe(8);
  });

  it('gives a device up that falls silent', async () => {
    const { double, run } = await streaming([yuyv], { silentMs: 200 });
    double.deliver();
    expect(await failure(run)).toMatchObject({ code: 'v4l2/silent', fields: { seconds: 0.2 } });
  });

  it('says what there is instead of what was asked', async () => {
    const { start } = grabber([yuyv, grey]);
    const error = await failure(start({ width: 640 }));
    expect(error).toMatchObject({ code: 'v4l2/no-format', fields: { asked: 'pictures 640xany' } });
    expect(error.remedy).toContain('YUYV 16x8, 30 fps; GREY 8x6, 50 fps');
    expect(await failure(start({ input: 'HDMI' }))).toMatchObject({ code: 'v4l2/no-input' });
    expect(await failure(start({ standard: 'PAL' }))).toMatchObject({ code: 'v4l2/no-input' });
    expect(await failure(start({ crop: { x: 10, y: 0, width: 8, height: 8 } }))).toMatchObject({ code: 'v4l2/outside' });
    expect(await failure(start({ device: 'usb:0000:0000' }))).toMatchObject({ code: 'device/not-found' });
  });

  it('waits for a signal where the timings come with it', async () => {
    const { double, start } = grabber();
    double.inputs = [{ name: 'HDMI', capabilities: constants.V4L2_IN_CAP_DV_TIMINGS, status: 0 }];
    double.errnos.VIDIOC_QUERY_DV_TIMINGS = errnos.ENOLINK;
    expect(await failure(start())).toMatchObject({ code: 'v4l2/no-signal' });
  });

  it('can be stopped while the device is faster than it', async () => {
    const { double, run } = await streaming([yuyv]);
    double.eager = true;
    for (let buffer = 0; buffer < 4; buffer++) double.deliver();
    await run.until(() => run.frames.length >= 50);
    await run.stop();
    expect(double.closed).toBe(1);
  });

  it('chooses input and standard', async () => {
    const { double, run } = await streaming([yuyv], {});
    await run.stop();
    double.inputs = [
      { name: 'Composite', capabilities: 0, status: 0 },
      { name: 'S-Video', capabilities: constants.V4L2_IN_CAP_STD, status: constants.V4L2_IN_ST_NO_SIGNAL },
    ];
    const again = runDriver(
      v4l2On(async () => double, folder),
      { device: '/dev/video0', input: 'S-V', standard: 'NTSC' },
    );
    await double.starts();
    await again.stop();
    expect([double.input, double.standard]).toEqual([1, BigInt(constants.V4L2_STD_NTSC)]);
    expect(again.warnings).toEqual(['input S-Video: it has no signal']);
  });
});

describe('attached video devices', () => {
  /** The part of sysfs that names a device, as Linux lays it out. */
  function attach(root: string, node: string, port: string, files: Readonly<Record<string, string>>, index = '0'): void {
    const usb = join(root, 'devices', port.split(':')[0] as string);
    mkdirSync(join(usb, port), { recursive: true });
    for (const [name, content] of Object.entries(files)) writeFileSync(join(usb, name), `${content}\n`);
    mkdirSync(join(root, 'class', node), { recursive: true });
    writeFileSync(join(root, 'class', node, 'name'), 'USB grabber\n');
    writeFileSync(join(root, 'class', node, 'index'), `${index}\n`);
    symlinkSync(join(usb, port), join(root, 'class', node, 'device'));
  }

  it('are known by vendor, product and serial number wherever they are plugged in', async () => {
    const root = join(folder, 'serials');
    attach(root, 'video2', '1-2:1.0', { idVendor: '534d', idProduct: '2109', serial: 'A1' });
    attach(root, 'video3', '1-2:1.1', { idVendor: '534d', idProduct: '2109', serial: 'A1' }, '1');
    attach(root, 'video10', '1-3:1.0', { idVendor: '534d', idProduct: '2109' });
    attach(root, 'video11', '1-4:1.0', { idVendor: '534d', idProduct: '2109' });
    const list = join(root, 'class');
    expect((await attachedVideos(list)).map(({ place, identity }) => [place, identity])).toEqual([
      ['/dev/video2', 'usb:534d:2109:A1'],
      ['/dev/video3', 'usb:534d:2109:A1:1'],
      ['/dev/video10', 'usb:534d:2109@1-3:1.0'],
      ['/dev/video11', 'usb:534d:2109@1-4:1.0'],
    ]);
    expect((await videoNamed('usb:534d:2109:A1:1', list))?.place).toBe('/dev/video3');
    expect((await videoNamed('', list))?.place).toBe('/dev/video2');
    expect((await videoNamed('usb:534d:2109:B2', list))?.place).toBeUndefined();
  });

  it('are described with what they deliver, or why they cannot', async () => {
    const root = join(folder, 'described');
    attach(root, 'video0', '2-1:1.0', { idVendor: '0fd9', idProduct: '0066', serial: 'X' });
    const double = new VideoDouble([yuyv, { ...grey, letters: 'H264' }], 0, numbered);
    const driver = v4l2On(async () => double, join(root, 'class'));
    const known = { driver: 'v4l2', name: 'USB grabber', identity: 'usb:0fd9:0066:X', place: '/dev/video0' };
    const options = { device: 'usb:0fd9:0066:X' };
    expect(await driver.discover()).toEqual([{ ...known, options, formats: ['YUYV 16x8, 30 fps'] }]);
    double.errnos.VIDIOC_REQBUFS = errnos.EBUSY;
    expect((await driver.discover())[0]?.refusal?.code).toBe('v4l2/busy');
    double.openErrno = errnos.EACCES;
    expect((await driver.discover())[0]?.refusal).toMatchObject({ code: 'v4l2/no-rights' });
    expect((await driver.discover())[0]?.refusal?.remedy).toContain('udev');
    double.openErrno = 0;
    double.errnos.VIDIOC_QUERYCAP = errnos.EINVAL;
    expect(await driver.discover()).toEqual([]);
  });
});
