import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allowedCrop, type BufferLayout, type Crop, FieldLines, fieldOrders, isOneField } from '../../device-drivers/v4l2/field-lines.ts';
import { jpegHead } from '../../device-drivers/v4l2/jpeg-head.ts';
import { JpegPictures } from '../../device-drivers/v4l2/jpeg-pictures.ts';
import { chooseMode, type WantedMode } from '../../device-drivers/v4l2/mode-choice.ts';
import { colourOf } from '../../device-drivers/v4l2/pixel-formats.ts';
import { callNumber, calls, constants, errnos, fourcc, fourccName, structures } from '../../device-drivers/v4l2/videodev.ts';
import { openCodecs } from '../../src/codec/node-codecs.ts';
import { mutantOf, seeded } from '../support/mutant.ts';

const folder = mkdtempSync(join(tmpdir(), 'v4l2-parts-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** All of a recording's mutations where the whole number is asked for; the gate takes a share. */
const mutations = Number(process.env.LUMENCAST_MUTATIONS ?? 3000);

const noHeaders = !existsSync('/usr/include/linux/videodev2.h') || spawnSync('gcc', ['--version']).status !== 0;

describe.skipIf(noHeaders)('videodev against the C header (skipped where gcc and linux-libc-dev are missing)', () => {
  it('has the sizes, offsets and numbers of linux/videodev2.h and errno.h', () => {
    const ours: string[] = [];
    const lines: string[] = [];
    const compare = (name: string, value: number, expression: string): void => {
      ours.push(`${name} ${value}`);
      lines.push(`  printf("${name} %llu\\n", (unsigned long long) (${expression}));`);
    };
    for (const [name, { size, members }] of Object.entries(structures)) {
      compare(`sizeof ${name}`, size, `sizeof(struct ${name})`);
      for (const [member, offset] of Object.entries(members)) {
        compare(`${name}.${member}`, offset, `offsetof(struct ${name}, ${member})`);
      }
    }
    for (const call of Object.keys(calls)) compare(call, callNumber(call as keyof typeof calls), call);
    for (const [name, value] of Object.entries({ ...constants, ...errnos })) compare(name, value, `(unsigned int) ${name}`);
    const program = ['#include <errno.h>', '#include <stddef.h>', '#include <stdio.h>', '#include <linux/videodev2.h>', 'int main(void) {'];
    writeFileSync(join(folder, 'layout.c'), [...program, ...lines, '  return 0;', '}', ''].join('\n'));
    const built = spawnSync('gcc', ['-o', join(folder, 'layout'), join(folder, 'layout.c')], { encoding: 'utf8' });
    expect(built.stderr).toBe('');
    const theirs = spawnSync(join(folder, 'layout'), { encoding: 'utf8' }).stdout.trim().split('\n');
    expect(ours.length).toBeGreaterThan(100);
    expect(ours).toEqual(theirs);
  });
});

describe('FieldLines', () => {
  /** The picture of a buffer, pixel by pixel: what FieldLines does, in the plainest words. */
  function plainly(layout: BufferLayout, { x, y, width, height }: Crop, lines: 'all' | 'top' | 'bottom', source: Buffer): number[] {
    const stored = (line: number): number => {
      const upper = layout.height - (layout.height >> 1);
      if (layout.field === fieldOrders.sequentialTop) return line % 2 === 0 ? line / 2 : upper + (line - 1) / 2;
      if (layout.field === fieldOrders.sequentialBottom) return line % 2 === 0 ? layout.height - upper + line / 2 : (line - 1) / 2;
      return isOneField(layout.field) ? line >> 1 : line;
    };
    const at = (line: number, column: number): number => source[stored(line) * layout.bytesPerLine + column] as number;
    return Array.from({ length: height * width }, (_, index) => {
      const [line, column] = [y + Math.floor(index / width), x + (index % width)];
      const kept = lines === 'all' || line % 2 === (lines === 'top' ? 0 : 1);
      if (kept) return at(line, column);
      const above = line > 0 ? line - 1 : line + 1;
      const below = line + 1 < layout.height ? line + 1 : line - 1;
      return (at(above, column) + at(below, column) + 1) >> 1;
    });
  }

  it('takes any part of any order of lines, as its plain twin does', () => {
    const random = seeded(5);
    const orders = Object.values(fieldOrders).filter((field) => !isOneField(field));
    for (let round = 0; round < 400; round++) {
      const [width, height] = [1 + random(20), 2 + random(14)];
      const field = orders[random(orders.length)] as number;
      const layout = { pixelFormat: 'GREY' as const, height, bytesPerLine: width + random(5), field };
      const source = Buffer.from(Array.from({ length: layout.bytesPerLine * height }, () => random(256)));
      const [x, y] = [random(width), random(height)];
      const crop = { x, y, width: 1 + random(width - x), height: 1 + random(height - y) };
      const lines = (['all', 'top', 'bottom'] as const)[random(3)] as 'all' | 'top' | 'bottom';
      const made = new FieldLines(layout, crop, lines);
      const target = new Uint8Array(made.bytes);
      made.copy(source, target);
      expect([...target], `${JSON.stringify({ layout, crop, lines })}`).toEqual(plainly(layout, crop, lines, source));
    }
  });

  it('takes the planes of NV12 and I420 together', () => {
    const nv12 = Buffer.from(Array.from({ length: 8 * 6 }, (_, at) => at));
    const crop = { x: 2, y: 2, width: 4, height: 2 };
    const taken = (pixelFormat: 'NV12' | 'I420'): number[] => {
      const lines = new FieldLines({ pixelFormat, height: 4, bytesPerLine: 8, field: fieldOrders.progressive }, crop, 'all');
      const target = new Uint8Array(lines.bytes);
      lines.copy(nv12, target);
      return [...target];
    };
    const luma = [18, 19, 20, 21, 26, 27, 28, 29];
    expect(taken('NV12')).toEqual([...luma, 42, 43, 44, 45]);
    expect(taken('I420')).toEqual([...luma, 37, 38, 45, 46]);
  });

  it('takes the mean of samples of two bytes as numbers', () => {
    const source = Buffer.alloc(6);
    source.writeUInt16LE(0x00ff, 0);
    source.writeUInt16LE(0x0301, 4);
    const lines = new FieldLines(
      { pixelFormat: 'Y16', height: 3, bytesPerLine: 2, field: fieldOrders.interlaced },
      { x: 0, y: 0, width: 1, height: 3 },
      'top',
    );
    const target = new Uint8Array(6);
    lines.copy(source, target);
    expect(Buffer.from(target).readUInt16LE(2)).toBe(0x0200);
  });

  it('keeps columns and lines together that share a colour', () => {
    const crop = { x: 3, y: 3, width: 4, height: 4 };
    expect(allowedCrop(crop, 16, 16, 'NV12')).toEqual({ x: 2, y: 2, width: 6, height: 6 });
    expect(allowedCrop(crop, 16, 16, 'YUYV')).toEqual({ x: 2, y: 3, width: 6, height: 4 });
    expect(allowedCrop(crop, 16, 16, 'GREY')).toEqual(crop);
    expect(allowedCrop(crop, 7, 7, 'GREY')).toEqual(crop);
    expect(allowedCrop(crop, 7, 7, 'YUYV')).toBeUndefined();
    expect(allowedCrop(crop, 6, 16, 'GREY')).toBeUndefined();
  });
});

describe('motion JPEG', () => {
  const [width, height] = [32, 16];
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, at) => (at * 5) & 0xff);
  let encoded = Buffer.alloc(0);
  const jpegs = new JpegPictures();
  beforeAll(async () => {
    await jpegs.open();
    encoded = Buffer.from((await openCodecs()).jpeg.encode({ width, height, pixelFormat: 'RGB24' }, pixels));
  });

  /** As grabbers send it: without its Huffman tables (marker C4, ITU-T T.81 B.2.4.2). */
  function withoutTables(jpeg: Buffer): Buffer {
    const parts = [jpeg.subarray(0, 2)];
    let at = 2;
    while (jpeg[at + 1] !== 0xda) {
      const next = at + 2 + jpeg.readUInt16BE(at + 2);
      if (jpeg[at + 1] !== 0xc4) parts.push(jpeg.subarray(at, next));
      at = next;
    }
    return Buffer.concat([...parts, jpeg.subarray(at)]);
  }
  const decoded = (bytes: Buffer): Buffer | string => {
    const answer = jpegs.decode(bytes, width, height);
    return typeof answer === 'string' ? answer : Buffer.from(answer.pixels);
  };

  it('is decoded with and without its tables, padded or not', () => {
    const whole = decoded(encoded);
    expect(whole).toHaveLength(pixels.length);
    const bare = withoutTables(encoded);
    expect(bare.length).toBeLessThan(encoded.length - 400);
    expect(decoded(bare)).toEqual(whole);
    expect(decoded(Buffer.concat([bare, Buffer.alloc(100)]))).toEqual(whole);
  });

  it('is left out with a reason where it is cut off, of another size, or none', () => {
    expect(decoded(encoded.subarray(0, encoded.length - 30))).toBe('its end is missing');
    expect(jpegs.decode(encoded, 64, 16)).toBe('it is one of 32x16');
    expect(decoded(Buffer.alloc(500))).toBe('its end is missing');
    expect(decoded(Buffer.concat([Buffer.alloc(50), encoded.subarray(-2)]))).toBe('it does not begin as a JPEG');
  });

  it('goes on with a fresh decoder after data that break it', async () => {
    const broken = Buffer.from(encoded);
    broken.fill(0xff, broken.length - 60, broken.length - 2);
    expect(decoded(broken)).toBeTypeOf('string');
    expect(decoded(encoded)).toBe('the decoder is being replaced');
    await jpegs.open();
    expect(decoded(encoded)).toHaveLength(pixels.length);
  });

  it('answers with a head or a reason, whatever it is given', () => {
    const random = seeded(3);
    let refused = 0;
    for (let round = 0; round < mutations; round++) {
      const head = jpegHead(mutantOf(encoded.subarray(0, 700), encoded, random));
      if (typeof head === 'string') refused++;
      else expect(head.scanAt).toBeLessThan(10_000);
    }
    expect(refused).toBeGreaterThan(mutations / 100);
  });
});

describe('chooseMode', () => {
  const offer = (letters: string, sizes: readonly (readonly [number, number, ...number[]])[], emulated = false) => ({
    code: fourcc(letters),
    name: letters,
    emulated,
    sizes: sizes.map(([width, height, ...rates]) => ({ width, height, rates })),
  });
  const camera = [
    offer('MJPG', [
      [1920, 1080, 30, 25],
      [640, 480, 60, 30],
    ]),
    offer('YUYV', [
      [1920, 1080, 5],
      [1280, 720, 30],
      [640, 480, 120, 30],
    ]),
    offer('H264', [[1920, 1080, 60]]),
    offer('RGB3', [[3840, 2160, 60]], true),
  ];
  const chosen = (wanted: WantedMode, offered = camera) => {
    const mode = chooseMode(offered, { width: 320, height: 240, rates: [] }, wanted);
    return mode && `${mode.format.name} ${mode.width}x${mode.height} ${mode.rate}`;
  };

  it.each([
    [{}, 'MJPG 1920x1080 30'],
    [{ format: 'YUYV' }, 'YUYV 1280x720 30'],
    [{ width: 640 }, 'YUYV 640x480 30'],
    [{ width: 640, rate: 60 }, 'MJPG 640x480 60'],
    [{ rate: 29.97 }, 'MJPG 1920x1080 30'],
    [{ format: 'YUYV', height: 1080 }, 'YUYV 1920x1080 5'],
    [{ width: 800 }, undefined],
    [{ rate: 50 }, undefined],
    [{ format: 'NV12' }, undefined],
  ] as const)('%o: %s', (wanted, expected) => {
    expect(chosen(wanted)).toBe(expected);
  });

  it('asks a device that lists no sizes for what is wanted', () => {
    const any = [offer('NV12', [])];
    expect(chosen({}, any)).toBe('NV12 320x240 0');
    expect(chosen({ width: 1280, height: 720, rate: 25 }, any)).toBe('NV12 1280x720 25');
    expect(chosen({}, [])).toBeUndefined();
  });
});

describe('names and colours', () => {
  it('writes format codes as letters', () => {
    expect(fourccName(fourcc('Y16'))).toBe('Y16');
    expect(fourccName(0x80000000 + fourcc('Y16'))).toBe('Y16-BE');
    expect(fourccName(0x00010203)).toBe('....');
  });

  it.each([
    [0, 0, 0, 480, 'bt601', 'limited'],
    [0, 0, 0, 720, 'bt709', 'limited'],
    [constants.V4L2_COLORSPACE_REC709, 0, 0, 480, 'bt709', 'limited'],
    [constants.V4L2_COLORSPACE_SRGB, 0, 0, 1080, 'bt601', 'limited'],
    [constants.V4L2_COLORSPACE_JPEG, 0, 0, 1080, 'bt601', 'full'],
    [constants.V4L2_COLORSPACE_SMPTE170M, constants.V4L2_YCBCR_ENC_709, constants.V4L2_QUANTIZATION_FULL_RANGE, 480, 'bt709', 'full'],
    [constants.V4L2_COLORSPACE_JPEG, constants.V4L2_YCBCR_ENC_601, constants.V4L2_QUANTIZATION_LIM_RANGE, 480, 'bt601', 'limited'],
  ])('colour space %i, encoding %i, quantization %i of %i lines: %s, %s', (space, encoding, quantization, lines, matrix, range) => {
    expect(colourOf(space, encoding, quantization, lines)).toEqual({ matrix, range });
  });
});
