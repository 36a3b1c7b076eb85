import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Decoder } from '../../device-drivers/replay/decoder.ts';
import { replay } from '../../device-drivers/replay/replay.ts';
import { ascii, dicomFile, us } from '../support/dicom-file.ts';
import { slowFile } from '../support/slow-frame.ts';
import { runDriver } from './driver-bench.ts';
import { driverContract } from './driver-contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'replay-'));
afterAll(() => rmSync(folder, { recursive: true }));

const frames = 6;
const file = join(folder, 'six.dcm');
const vector = '0\\20\\60\\20\\20\\20';
writeFileSync(
  file,
  dicomFile({
    rows: 5,
    columns: 7,
    frames,
    pixels: Uint8Array.from({ length: 35 * frames + 1 }, (_, i) => Math.floor(i / 35) * 10),
    more: [
      [0x0028, 0x0009, 'AT', us(0x0018, 0x1065)],
      [0x0018, 0x1065, 'DS', ascii(vector)],
    ],
  }),
);

driverContract(replay, { file });

describe('replay', () => {
  it('plays every frame in order, again and again, and holds to the recorded times on the whole', async () => {
    const run = runDriver(replay, { file, rate: 1 });
    await run.until(() => run.frames.length >= 2 * frames + 1);
    await run.stop();
    expect(run.frames.slice(0, 2 * frames).map(({ pixels }) => pixels[0])).toEqual([0, 10, 20, 30, 40, 50, 0, 10, 20, 30, 40, 50]);
    // One round is 160 ms; a busy machine may be late, never early.
    const roundMs = Number((run.frames[frames]?.capturedAtNs ?? 0n) - (run.frames[0]?.capturedAtNs ?? 0n)) / 1e6;
    expect(roundMs).toBeGreaterThan(150);
  });

  it('holds at the end when it is played once, and a still at once', async () => {
    const run = runDriver(replay, { file, loop: false, rate: 4 });
    await run.until(() => run.holds.length === 1);
    expect(run.frames).toHaveLength(frames);
    expect(run.holds[0]).toMatch(/ended/);
    await run.stop();
    const still = join(folder, 'still.dcm');
    writeFileSync(still, dicomFile({ rows: 2, columns: 2, pixels: new Uint8Array(4) }));
    const held = runDriver(replay, { file: still });
    await held.until(() => held.holds.length === 1);
    expect(held.frames).toHaveLength(1);
    await held.stop();
  });

  it('skips and counts a damaged frame and plays on', async () => {
    const damaged = join(folder, 'damaged.dcm');
    const rle = (value: number): Uint8Array => Buffer.concat([us(1, 0, 64, 0), new Uint8Array(56), Uint8Array.of(1, value, value, 0)]);
    const nonsense = new Uint8Array(10).fill(0xff);
    writeFileSync(
      damaged,
      dicomFile({ rows: 1, columns: 2, frames: 3, transferSyntax: '1.2.840.10008.1.2.5', pixels: [rle(7), nonsense, rle(9)] }),
    );
    const run = runDriver(replay, { file: damaged });
    await run.until(() => run.frames.length >= 4);
    await run.stop();
    expect(run.frames.slice(0, 4).map(({ pixels }) => pixels[0])).toEqual([7, 9, 7, 9]);
    expect(run.frames[1]?.sequence).toBe(2);
    expect(run.losses.get('replay/damaged-frame')).toBeGreaterThanOrEqual(1);
    // The stream is called after the file already.
    expect(run.warnings.join()).toMatch(/^(the file tells no frame times[^,]*,)?frame 1 is damaged/);
  });

  it('fails where every frame is damaged, and names the file once', async () => {
    const hopeless = join(folder, 'hopeless.dcm');
    const pixels = [new Uint8Array(10).fill(0xff), new Uint8Array(10).fill(0xff)];
    writeFileSync(hopeless, dicomFile({ rows: 1, columns: 2, frames: 2, transferSyntax: '1.2.840.10008.1.2.5', pixels }));
    const run = runDriver(replay, { file: hopeless });
    const message = expect.stringMatching(/^hopeless\.dcm: no frame can be decoded; the first: frame 1 is damaged/);
    await expect(run.ended).rejects.toMatchObject({ code: 'replay/all-damaged', message });
  });

  it('marks R peaks, that of a damaged frame at the next one', async () => {
    const beating = join(folder, 'beating.dcm');
    const rle = (value: number): Uint8Array => Buffer.concat([us(1, 0, 64, 0), new Uint8Array(56), Uint8Array.of(1, value, value, 0)]);
    const pixels = [rle(1), rle(2), new Uint8Array(10).fill(0xff), rle(4), rle(5)];
    const more = [[0x0028, 0x6040, 'US', us(1, 3)]] as const;
    writeFileSync(beating, dicomFile({ rows: 1, columns: 2, frames: 5, transferSyntax: '1.2.840.10008.1.2.5', pixels, more }));
    const run = runDriver(replay, { file: beating });
    await run.until(() => run.frames.length >= 8);
    await run.stop();
    expect(run.frames.slice(0, 8).map(({ pixels: [value], rPeak }) => [value, rPeak])).toEqual(
      [1, 2, 4, 5, 1, 2, 4, 5].map((value) => [value, value === 1 || value === 4]),
    );
  });

  it('gives a frame up whose decoder hangs, goes on behind it and does not try it again', { timeout: 60_000 }, async () => {
    const hanging = join(folder, 'hanging.dcm');
    writeFileSync(hanging, await slowFile([new Uint8Array(8), undefined, new Uint8Array(8)]));
    const decoder = new Decoder(hanging, 'hanging.dcm', { openMs: 30_000, frameMs: 1000 });
    const { signal } = new AbortController();
    await decoder.open(signal);
    const codes: string[] = [];
    for (let position = 0; position < 6; position++) {
      const picture = await decoder.picture(position, signal);
      codes.push(picture instanceof Uint8Array ? 'picture' : picture.code);
      decoder.done(position);
    }
    await decoder.close();
    const once = ['replay/damaged-frame', 'replay/decoder-silent', 'replay/damaged-frame'];
    expect(codes).toEqual([...once, ...once]);
  });

  it('fails with the coded error of a file that cannot be played', async () => {
    const run = runDriver(replay, { file: join(folder, 'none.dcm') });
    await expect(run.ended).rejects.toMatchObject({ code: 'replay/unreadable' });
  });
});
