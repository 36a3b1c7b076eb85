import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Mark, withPart } from '../../src/marks/mark.ts';
import { parsePrintOrder } from '../../src/print/order.ts';
import type { PrintTask } from '../../src/print/print-worker.ts';
import { Printer } from '../../src/print/printer.ts';
import { writeFramesFile } from './frames-file.ts';

const popplerIsThere = existsSync('/usr/bin/pdftotext');
const size = { width: 64, height: 48 };
const beganUs = Date.UTC(2026, 10, 21, 12, 0, 0) * 1000;
const grey = (frame: number): Uint8Array => Uint8Array.from({ length: 64 * 48 }, (_, pixel) => (pixel * 7 + frame * 50) & 0xff);
const never = new AbortController().signal;

let folder = '';
let clip = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'printer-'));
  clip = join(folder, 'clip.frames');
  writeFramesFile(
    clip,
    size,
    'GREY',
    [0, 1, 2].map((frame) => ({ capturedUs: beganUs + frame * 40_000, pixels: grey(frame) })),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

const caliper = (number: number): Mark => ({
  kind: 'distance',
  number,
  points: [
    { x: 5, y: 5 },
    { x: 25, y: 5 },
  ],
});
const onStream = (number: number, fromUs: number, untilUs: number | undefined): PrintTask['all'][number] => ({
  shape: caliper(number),
  picture: { ...size, regions: [] },
  author: 'A',
  stream: 0,
  fromUs,
  untilUs,
});
const picture = (atUs: number | undefined, path = clip): PrintTask['pictures'][number] => ({
  kept: '0123456789abcdef',
  stream: 0,
  path,
  atUs,
  source: 'Echo',
  kind: 'clip',
});
const task = (more: Partial<PrintTask>): PrintTask => ({
  language: 'en',
  timeZone: 'UTC',
  paper: 'A4',
  layout: 2,
  room: 'Room',
  printedUs: beganUs,
  openedUs: beganUs,
  patient: undefined,
  marks: true,
  pictures: [picture(undefined)],
  all: [],
  ...more,
});

function imagesOf(pdf: Uint8Array): Buffer[] {
  const file = join(folder, 'print.pdf');
  writeFileSync(file, pdf);
  execFileSync('pdfimages', ['-png', file, join(folder, 'image')]);
  const files = [0, 1, 2].map((image) => join(folder, `image-00${image}.png`)).filter((path) => existsSync(path));
  return files.map((path) => {
    const pixels = execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-f', 'rawvideo', '-pix_fmt', 'gray', '-']);
    rmSync(path);
    return pixels;
  });
}

function textOf(pdf: Uint8Array): string {
  const file = join(folder, 'text.pdf');
  writeFileSync(file, pdf);
  return execFileSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' });
}

describe.skipIf(!popplerIsThere)('a printer', () => {
  const printer = new Printer();

  it('prints the frame of a clip that was asked for, bit for bit, else its first', async () => {
    const pdf = await printer.print(task({ pictures: [picture(beganUs + 79_000), picture(undefined)] }), never);
    const images = imagesOf(pdf);
    expect(images).toHaveLength(2);
    expect(Buffer.compare(images[0]!, grey(1))).toBe(0);
    expect(Buffer.compare(images[1]!, grey(0))).toBe(0);
  });

  it('puts 16 bits through their window, as they are seen', async () => {
    const path = join(folder, 'deep.frames');
    const stored = Uint16Array.from({ length: 64 * 48 }, (_, pixel) => pixel * 4);
    const window = { centre: 4000, width: 4001 };
    writeFramesFile(path, size, 'Y16', [{ capturedUs: beganUs, pixels: new Uint8Array(stored.buffer) }], { window });
    const [image] = imagesOf(await printer.print(task({ pictures: [picture(undefined, path)] }), never));
    // PS3.3 C.11.2.1.2.1.
    const seen = (value: number): number => Math.min(255, Math.max(0, ((value - 3999.5) / 4000 + 0.5) * 255));
    const worst = stored.reduce((most, value, pixel) => Math.max(most, Math.abs(seen(value) - image![pixel]!)), 0);
    expect(worst).toBeLessThanOrEqual(0.51);
  });

  it('prints what the marks of the examination measure together, also on frames that are not printed', async () => {
    const lesion = withPart(caliper(2), 'lesion');
    const reference = { ...lesion, part: 'reference', points: [lesion.points[0], { x: 45, y: 5 }] } as Mark;
    const half = { ...onStream(2, beganUs + 9e6, beganUs + 9e6), shape: lesion };
    const whole = { ...half, shape: reference };
    expect(textOf(await printer.print(task({ all: [whole, half] }), never))).toMatch(/Stenosis\s+50\s%, area 75\s% \(diameters\)/);
  });

  it('prints the marks that lie on the frame, and no others', async () => {
    const all = [
      onStream(1, beganUs, undefined),
      onStream(2, beganUs + 40_000, beganUs + 40_000),
      onStream(3, beganUs + 80_000, undefined),
      { ...onStream(4, beganUs, undefined), stream: 1 },
      { ...onStream(5, beganUs, undefined), stream: undefined, kept: '0123456789abcdef' },
      { ...onStream(6, beganUs, undefined), stream: undefined, kept: 'fedcba9876543210' },
      { ...onStream(7, beganUs, undefined), picture: { width: 65, height: 48, regions: [] } },
    ];
    const text = textOf(await printer.print(task({ pictures: [picture(beganUs + 40_000)], all }), never));
    const numbers = [...text.matchAll(/^\s*(\d)\s+20 px, not calibrated/gm)].map(([, number]) => Number(number));
    expect(numbers).toEqual([1, 2, 5]);
  });

  it('says what is not there, and what cannot be read, and goes on', async () => {
    writeFramesFile(join(folder, 'empty.frames'), size, 'GREY', []);
    const print = (path: string): Promise<unknown> => printer.print(task({ pictures: [picture(undefined, path)] }), never);
    await expect(print(join(folder, 'empty.frames'))).rejects.toMatchObject({ code: 'print/not-there' });
    await expect(print(join(folder, 'gone.frames'))).rejects.toMatchObject({ code: 'record/unreadable' });
    writeFileSync(join(folder, 'other.frames'), 'something else that is no frame file');
    await expect(print(join(folder, 'other.frames'))).rejects.toMatchObject({ code: 'record/unreadable' });
    await expect(printer.print(task({}), never)).resolves.toBeInstanceOf(Uint8Array);
  });

  it('makes one print at a time, lets few wait and refuses the rest', async () => {
    const prints = Array.from({ length: 7 }, () => printer.print(task({}), never));
    const ends = await Promise.allSettled(prints);
    expect(ends.map(({ status }) => status)).toEqual([...Array(4).fill('fulfilled'), ...Array(3).fill('rejected')]);
    expect(ends[6]).toMatchObject({ reason: { code: 'print/busy' } });
  });

  it('gives up what takes too long, or what nobody wants any more', async () => {
    await expect(new Printer(1).print(task({}), never)).rejects.toMatchObject({ code: 'print/too-slow' });
    const gone = new AbortController();
    const print = printer.print(task({}), gone.signal);
    gone.abort(new Error('gone'));
    await expect(print).rejects.toThrow('gone');
    await expect(printer.print(task({}), never)).resolves.toBeInstanceOf(Uint8Array);
  });
});

describe('a print order', () => {
  const order = {
    examination: '2.25.17',
    pictures: [{ kept: '0123456789abcdef' }],
    layout: 4,
    paper: 'Letter',
    marks: true,
    patient: false,
    language: 'de',
    timeZone: 'Europe/Berlin',
  };

  it('is taken as it is', () => {
    expect(parsePrintOrder(order)).toEqual(order);
  });

  it.each([
    ['nothing', undefined],
    ['a text', 'print it'],
    ['no pictures', { ...order, pictures: [] }],
    ['too many', { ...order, pictures: Array.from({ length: 61 }, () => ({ kept: '0123456789abcdef' })) }],
    ['a path', { ...order, pictures: [{ kept: '../../etc/passwd' }] }],
    ['a path to the examination', { ...order, examination: '2.25.17/../../x' }],
    ['three a sheet', { ...order, layout: 3 }],
    ['no such paper', { ...order, paper: 'A0' }],
    ['no such language', { ...order, language: '__proto__' }],
    ['a patient told by the browser', { ...order, patient: { name: 'Forged' } }],
    ['marks told by the browser', { ...order, all: [] }],
    ['a time that is none', { ...order, pictures: [{ kept: '0123456789abcdef', atUs: Number.NaN }] }],
    ['no such time zone', { ...order, timeZone: 'Mars/Olympus' }],
    ['a long time zone', { ...order, timeZone: 'x'.repeat(1000) }],
  ])('is refused with a code: %s', (_, value) => {
    expect(() => parsePrintOrder(value)).toThrow(expect.objectContaining({ code: 'print/bad-order' }));
  });
});
