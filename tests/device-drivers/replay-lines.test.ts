import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { replay } from '../../device-drivers/replay/replay.ts';
import type { AppError } from '../../src/app-error.ts';
import { openRoom } from '../broadcast/test-room.ts';
import { haveRecordings, recording } from '../support/recordings.ts';
import { runDriver } from './driver-bench.ts';

const folder = mkdtempSync(join(tmpdir(), 'replay-lines-'));
afterAll(() => rmSync(folder, { recursive: true }));

function metaImage(name: string, type: string, width: number, height: number, data: Uint8Array): string {
  const header = `ObjectType = Image\nNDims = 3\nDimSize = ${width} ${height} 1\nElementType = ${type}\nElementDataFile = LOCAL\n`;
  const file = join(folder, name);
  writeFileSync(file, Buffer.concat([Buffer.from(header), data]));
  return file;
}

const linear = { kind: 'linear', depthStartMm: 0, depthEndMm: 40, lineStartMm: -10, lineEndMm: 10 };
const samples = Int16Array.from({ length: 80 * 4 }, (_, at) => Math.round(3000 * Math.sin(at)) - 100);
const signal = metaImage('rf.mha', 'MET_SHORT', 80, 4, new Uint8Array(samples.buffer));
const lines = metaImage(
  'lines.mha',
  'MET_UCHAR',
  80,
  4,
  Uint8Array.from({ length: 320 }, (_, at) => at),
);

async function failure(options: Readonly<Record<string, unknown>>): Promise<string> {
  return await runDriver(replay, options).ended.then(
    () => '',
    (thrown: unknown) => (thrown as AppError).code,
  );
}

describe('recordings of raw lines', () => {
  it('are announced with their geometry, RF as the signal that was recorded', async () => {
    const run = runDriver(replay, { file: signal, scan: linear, rf: { sampleRateMHz: 40 } });
    await run.until(() => run.frames.length === 1);
    await run.stop();
    expect(run.announced[0]?.format).toMatchObject({ pixelFormat: 'S16', width: 80, height: 4, scan: linear, rf: { layout: 'rf' } });
    expect([...new Int16Array(run.frames[0]?.pixels.slice().buffer ?? new ArrayBuffer(0))]).toEqual([...samples]);
  });

  it('of eight bits are lines that were detected already', async () => {
    const sector = { kind: 'sector', depthStartMm: 0, depthEndMm: 40, radiusMm: 5, angleStartDeg: -40, angleEndDeg: 40 };
    const run = runDriver(replay, { file: lines, scan: sector });
    await run.until(() => run.frames.length === 1);
    await run.stop();
    expect(run.announced[0]?.format).toMatchObject({ pixelFormat: 'GREY', scan: sector });
  });

  it('are refused where they cannot be what is said of them', async () => {
    expect(await failure({ file: lines, scan: linear, rf: { sampleRateMHz: 40 } })).toBe('replay/not-lines');
    expect(await failure({ file: signal, scan: linear })).toBe('replay/not-lines');
    expect(await failure({ file: signal, rf: { sampleRateMHz: 40 } })).toBe('replay/not-lines');
    expect(await failure({ file: lines, scan: { ...linear, depthEndMm: 0 } })).toBe('frame/bad-format');
  });
});

describe.skipIf(!haveRecordings)('the recorded linear probe, from file to viewer (skipped without ../shared/data)', () => {
  it('gives its reference picture: under a level of difference inside the scan', async () => {
    const stream = {
      name: 'Linear probe',
      driver: 'replay',
      options: {
        file: recording('us_raw/rf_linear_ultrasonix.mha'),
        scan: { kind: 'linear', depthStartMm: (55 * 2079) / 2080, depthEndMm: 0, lineStartMm: -19, lineEndMm: (38 * 127) / 128 - 19 },
        rf: { layout: 'iq-lines', sampleRateMHz: 40 },
      },
      stages: [
        { stage: 'b-mode', options: { compression: 'fourth-root', gainDb: 20 * Math.log10((20 / 255) ** 4 * 32_767) } },
        {
          stage: 'scan-conversion',
          options: { width: 260, height: 400, mmPerPixel: 0.2, probeX: 120, probeY: 12, interpolation: 'nearest' },
        },
      ],
    };
    const room = await openRoom([stream]);
    try {
      const viewer = await room.view();
      viewer.say({ type: 'watch', stream: 0, views: ['processed'] });
      await viewer.until(() => viewer.frames.length > 0);
      const { header, payload } = viewer.frames[0] as (typeof viewer.frames)[number];
      expect(header).toMatchObject({ width: 260, height: 400, pixelFormat: 'GREY' });
      const file = readFileSync(recording('us_raw/rf_linear_ultrasonix_reference_bmode.mha'));
      const reference = file.subarray(file.indexOf('LOCAL\n') + 6);
      const inside = [...reference.keys()].filter((at) => reference[at] !== 0 || payload[at] !== 0);
      const total = inside.reduce((sum, at) => sum + Math.abs((reference[at] as number) - (payload[at] as number)), 0);
      expect(total / inside.length).toBeLessThan(1);
      await viewer.until(() => viewer.last('stream') !== undefined || viewer.last('hello') !== undefined);
      const described = viewer.last('stream')?.stream ?? viewer.last('hello')?.streams[0];
      expect(described?.regions[0]).toMatchObject({ kind: 'tissue', unitX: 'cm', unitY: 'cm' });
      expect(described?.regions[0]?.deltaX).toBeCloseTo(0.02, 9);
    } finally {
      await room.close();
    }
  });
});
