import { describe, expect, it } from 'vitest';
import type { Probe } from '../../device-drivers/usb-probe/probe.ts';
import { bmvConvex } from '../../device-drivers/usb-probe/probes/bmv.ts';
import { healsonUp20l } from '../../device-drivers/usb-probe/probes/healson-up20l.ts';
import { intersonSeemore } from '../../device-drivers/usb-probe/probes/interson-seemore.ts';
import { probes } from '../../device-drivers/usb-probe/probes.ts';
import { bytesOf, readRecordedBytes } from '../../device-drivers/usb-probe/recorded-bytes.ts';
import { frameBytes } from '../../src/frame/frame-format.ts';
import { mutantOf, seeded } from '../support/mutant.ts';
import { haveRecordings, recording } from '../support/recordings.ts';
import { bmvLine, bmvPicture, pieces, SeenScan, sweptLines } from './usb-probe-bytes.ts';

function parsed(probe: Probe, bytes: Iterable<Uint8Array>): SeenScan {
  const seen = new SeenScan(frameBytes(probe.format({})));
  const parser = probe.parser(seen);
  for (const piece of bytes) parser.push(piece, 0n, probe.queues[0]?.endpoint ?? 0);
  return seen;
}

const sizes = [65_536, 512, 7800, 1, 2, 3, 15_601, 40_000];

describe('lines of a BMV convex', () => {
  const pictures = [3, 4, 5, 6, 7].map(bmvPicture);
  const stream = Buffer.concat(pictures);
  /** What should be shown of a picture: its samples without the heads. */
  const shown = (picture: Uint8Array): Uint8Array =>
    Buffer.concat(
      Array.from({ length: bmvLine.lines }, (_, line) =>
        picture.subarray((line * bmvLine.words + bmvLine.head) * 2, (line + 1) * bmvLine.words * 2),
      ),
    );

  it('become the same pictures however the bus cuts them', () => {
    for (const cut of [[65_536], [512], sizes, [stream.length]]) {
      const seen = parsed(bmvConvex, pieces(stream, cut));
      // The first picture may have begun before; the last line has no next one yet.
      expect(seen.pictures.length).toBe(3);
      for (const [index, picture] of seen.pictures.entries())
        expect(Buffer.compare(picture, shown(pictures[index + 1] as Uint8Array))).toBe(0);
      expect(Object.fromEntries(seen.losses)).toEqual({ 'usb-probe/line-before-first-picture': bmvLine.lines });
    }
  });

  it('are found again after bytes were lost, doubled or replaced, and every line is accounted for', () => {
    const random = seeded(5);
    for (let round = 0; round < 40; round++) {
      const at = stream.length / 5 + random((stream.length * 2) / 5);
      const bytes = 1 + random(30_000);
      const noise = Buffer.from(Array.from({ length: bytes }, () => random(256)));
      const damaged = [
        Buffer.concat([stream.subarray(0, at), stream.subarray(at + bytes)]),
        Buffer.concat([stream.subarray(0, at), noise, stream.subarray(at)]),
        Buffer.concat([stream.subarray(0, at), noise, stream.subarray(at + bytes)]),
      ][round % 3] as Buffer;
      const seen = parsed(bmvConvex, pieces(damaged, sizes));
      // Of four whole pictures one or two are hit, and the last one is not ended.
      expect(seen.pictures.length, `round ${round}`).toBeGreaterThanOrEqual(1);
      expect(Buffer.compare(seen.pictures.at(-1) as Uint8Array, shown(pictures[3] as Uint8Array)), `round ${round}: the fourth`).toBe(0);
      const lines = seen.pictures.length * bmvLine.lines + seen.lostOf('line-before-first-picture') + seen.lostOf('line-of-broken-picture');
      const stray = seen.lostOf('stray-bytes');
      // What is neither shown nor counted is held as the beginning of what comes: less than a picture and the search's window.
      const held = damaged.length - lines * bmvLine.words * 2 - stray;
      expect(held, `round ${round}`).toBeGreaterThanOrEqual(0);
      expect(held, `round ${round}`).toBeLessThanOrEqual(bmvLine.lines * bmvLine.words * 2);
    }
  });

  it('never make a picture of lines of two', () => {
    const holed = Buffer.concat([stream.subarray(0, 250 * bmvLine.words), stream.subarray(250 * bmvLine.words + 80 * bmvLine.words * 2)]);
    const seen = parsed(bmvConvex, pieces(holed, [65_536]));
    for (const picture of seen.pictures) expect(pictures.some((whole) => Buffer.compare(picture, shown(whole)) === 0)).toBe(true);
    expect(seen.lostOf('broken-picture')).toBeGreaterThan(0);
  });
});

describe('pictures of a Healson UP20L', () => {
  it('are turned from rows of depth to rows of lines, and bounded', () => {
    const depths = new Uint16Array(512 * 160);
    for (let at = 0; at < depths.length; at++) depths[at] = at % 40_000;
    const seen = parsed(healsonUp20l, pieces(new Uint8Array(depths.buffer), [4096]));
    expect(seen.pictures.length).toBe(1);
    const lines = new Int16Array((seen.pictures[0] as Uint8Array).slice().buffer);
    for (const [line, sample] of [
      [0, 0],
      [1, 0],
      [0, 1],
      [159, 511],
      [77, 300],
    ] as const) {
      expect(lines[line * 512 + sample]).toBe(Math.min(32_767, (sample * 160 + line) % 40_000));
    }
  });

  it('are left out where the stream broke in them', () => {
    const seen = new SeenScan(512 * 160 * 2);
    const parser = healsonUp20l.parser(seen);
    parser.push(new Uint8Array(100_000), 0n, 0x86);
    parser.interrupted();
    parser.push(new Uint8Array(512 * 160 * 2), 0n, 0x86);
    expect(seen.pictures.length).toBe(1);
  });
});

const rows = 80;
const samples = 2048;
const meanDifference = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((sum, value, at) => sum + Math.abs(value - (b[at] as number)), 0) / a.length;

/** By how many rows the second picture must be moved to be most alike. */
function offset(first: Uint8Array, second: Uint8Array): number {
  let best = { difference: Number.POSITIVE_INFINITY, shift: 0 };
  for (let shift = -5; shift <= 5; shift += 0.5) {
    const difference = differenceAt(first, second, shift);
    if (difference < best.difference) best = { difference, shift };
  }
  return best.shift;
}

function differenceAt(first: Uint8Array, second: Uint8Array, shift: number): number {
  const left = Math.floor(shift);
  const share = shift - left;
  let sum = 0;
  for (let row = 6; row < rows - 6; row++) {
    const [one, two, next] = [row, row + left, row + left + 1].map((line) => line * samples) as [number, number, number];
    for (let sample = 200; sample < 1800; sample += 3) {
      const moved = (second[two + sample] as number) * (1 - share) + (second[next + sample] as number) * share;
      sum += Math.abs((first[one + sample] as number) - moved);
    }
  }
  return sum;
}

describe('lines of an Interson SeeMore', () => {
  const sweeps = [61, 64, 66, 70, 73, 76, 72, 68];

  it('become pictures that stand still, whatever the speed and the way of the sweep', () => {
    const seen = parsed(intersonSeemore, pieces(sweptLines([...sweeps, 66]), [20_480]));
    // The first turn is known when the numbers start again for the first time.
    expect(seen.pictures.length).toBe(6);
    for (const [index, picture] of seen.pictures.entries()) {
      const before = seen.pictures[index - 1];
      if (before === undefined) continue;
      expect(Math.abs(offset(before, picture)), `picture ${index}`).toBeLessThanOrEqual(0.5);
      expect(meanDifference(before, picture), `picture ${index}`).toBeLessThan(16);
    }
    expect(seen.lostOf('line-before-first-picture')).toBe((sweeps[0] as number) + (sweeps[1] as number));
  });

  it('bridge single lines that are missing, and count them', () => {
    const lines = sweptLines(sweeps);
    const [from, to] = [180 * samples, 182 * samples];
    const seen = parsed(intersonSeemore, pieces(Buffer.concat([lines.subarray(0, from), lines.subarray(to)]), [20_480]));
    expect(seen.lostOf('missing-line')).toBeGreaterThanOrEqual(2);
    expect(seen.pictures.length).toBe(5);
  });

  it('are found again within three pictures after garbage', () => {
    const lines = sweptLines([...sweeps, ...sweeps, ...sweeps]);
    const random = seeded(9);
    for (let round = 0; round < 12; round++) {
      const at = 300 * samples + random(100 * samples);
      const noise = Buffer.from(Array.from({ length: 1 + random(9000) }, () => random(256)));
      const seen = parsed(intersonSeemore, pieces(Buffer.concat([lines.subarray(0, at), noise, lines.subarray(at)]), [20_480]));
      expect(seen.pictures.length, `round ${round}`).toBeGreaterThanOrEqual(21 - 3);
      for (const [index, picture] of seen.pictures.entries()) {
        const reference = seen.pictures[0] as Uint8Array;
        if (index > 8) expect(meanDifference(reference, picture), `round ${round}, picture ${index}`).toBeLessThan(20);
      }
    }
  });

  it.skipIf(!haveRecordings)('of a real one stand still too', () => {
    const bytes = readRecordedBytes(recording('us_raw/scanlines_wobbler_interson_600x2048.npz'));
    const seen = parsed(intersonSeemore, pieces(bytes, [20_480]));
    // Eight sweeps between turning points at lines 0, 58, 117, 179, 243, 310, 380, 453 and 530.
    expect(seen.pictures.length).toBe(8);
    for (const [index, picture] of seen.pictures.entries()) {
      const before = seen.pictures[index - 1];
      if (before === undefined) continue;
      expect(Math.abs(offset(before, picture)), `picture ${index}`).toBeLessThanOrEqual(1);
      expect(meanDifference(before, picture), `picture ${index}`).toBeLessThan(10);
    }
    expect(Object.fromEntries(seen.losses)).toEqual({ 'usb-probe/line-before-first-picture': 1 });
  });

  it('of the endpoint that nobody understands are counted', () => {
    const seen = new SeenScan(rows * samples);
    const parser = intersonSeemore.parser(seen);
    parser.push(new Uint8Array(3 * samples + 5), 0n, 0x82);
    expect(Object.fromEntries(seen.losses)).toEqual({ 'usb-probe/line-of-other-endpoint': 3 });
  });
});

const mutations = Number(process.env.LUMENCAST_MUTATIONS ?? 400);

describe('parsers', () => {
  it.each(probes)('$name takes any bytes', (probe) => {
    const random = seeded(probe.product);
    const streams: Readonly<Record<string, Uint8Array>> = {
      'healson-up20l': Buffer.alloc(200_000, 7),
      'bmv-convex': Buffer.concat([bmvPicture(1).subarray(0, 60_000), bmvPicture(2).subarray(0, 60_000)]),
      'bmv-doppler': bmvPicture(1).subarray(0, 100_000),
      'interson-seemore': sweptLines([30, 30]),
    };
    const sound = streams[probe.name] as Uint8Array;
    const seen = new SeenScan(frameBytes(probe.format({})));
    const parser = probe.parser(seen);
    const other = (streams['bmv-convex'] as Uint8Array).subarray(0, 20_000);
    for (let round = 0; round < mutations; round++) {
      const mutant = mutantOf(sound.subarray(0, 1 + random(sound.length)), other, random);
      for (const { endpoint } of probe.queues) parser.push(mutant, BigInt(round), endpoint);
      if (random(4) === 0) parser.interrupted();
      // Only the counting is looked at here: pictures would fill the memory.
      seen.pictures.length = 0;
    }
    for (const [name, count] of seen.losses) {
      expect(name).toMatch(/^usb-probe\/[a-z-]+$/);
      expect(Number.isInteger(count) && count > 0, name).toBe(true);
    }
  });

  it('of recordings answer with bytes or a coded error', () => {
    const head = "{'descr': '|u1', 'fortran_order': False, 'shape': (6, 2048), }".padEnd(117, ' ');
    const array = Buffer.concat([
      Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
      Buffer.from([118, 0]),
      Buffer.from(`${head}\n`),
      Buffer.alloc(6 * 2048, 3),
    ]);
    expect(bytesOf(array, 'a.npy').length).toBe(6 * 2048);
    const random = seeded(3);
    for (let round = 0; round < mutations; round++) {
      const mutant = mutantOf(array, array, random);
      try {
        expect(bytesOf(mutant, 'a.npy').length).toBeLessThanOrEqual(mutant.length);
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'usb-probe/bad-recording' });
      }
    }
  });
});
