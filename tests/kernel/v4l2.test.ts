import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { describeOnKernel, runGuest } from './on-test-kernel.ts';

const program = 'tests/kernel/guest/v4l2.ts';
const needs = (tool: string): boolean => ['/usr/bin', '/usr/local/bin'].some((folder) => existsSync(`${folder}/${tool}`));
/** A tenth of it is usual; other work may be going on. */
const guestSeconds = 150;
const testMs = 180_000;
const noV4l2Ctl = !needs('v4l2-ctl');
const noFfmpeg = !needs('ffmpeg');

/** Runs scenes of the guest's program, in order, in one kernel; what each told, by its name. */
async function scenes(...names: readonly string[]): Promise<Record<string, Record<string, unknown>>> {
  const { told } = await runGuest<Record<string, Record<string, unknown>>>({ program, args: names, seconds: guestSeconds });
  return Object.assign({}, ...told) as Record<string, Record<string, unknown>>;
}

describeOnKernel('v4l2 on a real kernel', () => {
  it.skipIf(noV4l2Ctl || noFfmpeg)(
    'takes the same pictures of vivid as v4l2-ctl, follows its inputs, and counts what it drops (skipped without v4l-utils and ffmpeg)',
    async () => {
      const told = await scenes('formats', 'inputs', 'injected');
      const names = ['YUYV', 'UYVY', 'NV12', 'YU12', 'BGR24', 'RGB24', 'XR24', 'GREY', 'Y16'];
      expect(told.formats?.equal).toEqual(Object.fromEntries(names.map((name) => [name, true])));
      expect(told.formats?.throughFfmpeg).toBe(true);
      expect(told.inputs).toEqual({
        PAL: { columns: 720, lines: 576, rate: 50 },
        NTSC: { columns: 720, lines: 480, rate: 60 },
        hdmi: { columns: 1280, lines: 720 },
        without: 'v4l2/no-signal',
        unknown: 'v4l2/no-input',
      });
      const { gaps, accounted, expectedPictures, span, errorBuffers, fatal } = told.injected as Record<string, number | boolean | string>;
      expect(gaps).toBeGreaterThan(3);
      expect(accounted).toBe(true);
      expect(Math.abs(Number(span) - Number(expectedPictures))).toBeLessThanOrEqual(3);
      expect(errorBuffers).toBeGreaterThanOrEqual(1);
      expect(fatal).toBe('v4l2/refused');
    },
    testMs,
  );

  it(
    'brings every picture of a grabber as it was sent, and counts those that the kernel threw away',
    async () => {
      const { coded, jpegs } = await scenes('coded', 'jpegs');
      expect(coded).toMatchObject({ end: 'v4l2/silent', torn: 0, ascending: true });
      expect(coded?.description).toBe('V4L2, virtual grabber, YUYV 320x240, 15 fps');
      const lost = coded?.lost as Record<string, number>;
      const counted = Object.entries(lost).reduce((sum, [, count]) => sum + count, 0);
      expect(Object.keys(lost).filter((name) => !name.startsWith('v4l2/'))).toEqual([]);
      expect(counted).toBeGreaterThanOrEqual(3);
      expect(Number(coded?.frames) + counted).toBe(Number(coded?.sent));
      expect(jpegs).toEqual({ numbers: [1, 2, 4], damaged: true });
    },
    testMs,
  );

  it(
    'comes back by itself when it was pulled out in the middle of a picture, wherever it comes back, and when it stalled',
    async () => {
      const { stalled, replugged } = await scenes('stalled', 'replugged');
      expect(['v4l2/silent', 'v4l2/broken', 'v4l2/refused']).toContain(stalled?.code);
      const { codes, places, numbers, resumedMs } = (replugged?.v4l2 ?? {}) as Record<string, unknown[]>;
      expect(codes).toEqual(['device/gone']);
      expect(places).toEqual(['/dev/video4', '/dev/video4', '/dev/video5']);
      expect(numbers?.every((number) => Number(number) >= 0)).toBe(true);
      expect(Math.max(...(resumedMs as number[]))).toBeLessThan(8000);
    },
    testMs,
  );

  it.skipIf(noV4l2Ctl)(
    'says who has the device and who may not, with what to do (skipped without v4l-utils)',
    async () => {
      const { refused } = await scenes('refused');
      expect(refused).toMatchObject({ found: 'v4l2/busy', busy: 'v4l2/busy', nobody: { code: 'v4l2/no-rights' } });
      expect(refused?.formats).toEqual(['YUYV 320x240, 15 fps', 'MJPG 320x240, 15 fps']);
      expect(((refused?.nobody ?? {}) as { remedy?: string }).remedy).toContain('udev');
    },
    testMs,
  );

  it.skipIf(noFfmpeg)(
    'comes back through ffmpeg too (skipped without ffmpeg)',
    async () => {
      const { ffmpeg } = await scenes('ffmpeg');
      const { codes, numbers } = (ffmpeg?.ffmpeg ?? {}) as Record<string, unknown[]>;
      expect(codes).toEqual(['device/gone']);
      expect(numbers?.length).toBeGreaterThan(2);
      expect(numbers?.every((number) => Number(number) >= 0)).toBe(true);
    },
    testMs,
  );
});
