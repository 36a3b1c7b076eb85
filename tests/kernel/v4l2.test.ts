import { existsSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { describeOnKernel, runGuest } from './on-test-kernel.ts';

const program = 'tests/kernel/guest/v4l2.ts';
const needs = (tool: string): boolean => ['/usr/bin', '/usr/local/bin'].some((folder) => existsSync(`${folder}/${tool}`));
/** A tenth of it is usual; other work may be going on. */
const guestSeconds = 240;
const testMs = 270_000;
const noV4l2Ctl = !needs('v4l2-ctl');
const noFfmpeg = !needs('ffmpeg');

/** Runs scenes of the guest's program, in order, in one kernel; what each told, by its name. */
async function scenes(...names: readonly string[]): Promise<Record<string, Record<string, unknown>>> {
  const { told } = await runGuest<Record<string, Record<string, unknown>>>({ program, args: names, seconds: guestSeconds });
  return Object.assign({}, ...told) as Record<string, Record<string, unknown>>;
}

describeOnKernel('v4l2 and vivid', () => {
  let told: Record<string, Record<string, unknown>> = {};
  beforeAll(async () => {
    told = await scenes(...(noV4l2Ctl ? [] : ['formats', 'inputs', 'injected']));
  }, testMs);

  it.skipIf(noV4l2Ctl || noFfmpeg)('takes the same pictures as v4l2-ctl, and as ffmpeg (skipped without v4l-utils and ffmpeg)', () => {
    const names = ['YUYV', 'UYVY', 'NV12', 'YU12', 'BGR24', 'RGB24', 'XR24', 'GREY', 'Y16'];
    expect(told.formats).toEqual({ equal: Object.fromEntries(names.map((name) => [name, true])), throughFfmpeg: true });
  });

  it.skipIf(noV4l2Ctl)('follows inputs, standards and a signal that goes away (skipped without v4l-utils)', () => {
    expect(told.inputs).toEqual({
      PAL: { columns: 720, lines: 576, rate: 50 },
      NTSC: { columns: 720, lines: 480, rate: 60 },
      hdmi: { columns: 1280, lines: 720 },
      without: 'v4l2/no-signal',
      unknown: 'v4l2/no-input',
    });
  });

  it.skipIf(noV4l2Ctl)('counts every buffer that is dropped or comes back in error (skipped without v4l-utils)', () => {
    const { gaps, span, expectedPictures, errorBuffers } = told.injected as Record<string, number>;
    expect(told.injected).toMatchObject({ accounted: true, fatal: 'v4l2/refused' });
    expect(gaps).toBeGreaterThan(3);
    expect(Math.abs(Number(span) - Number(expectedPictures))).toBeLessThanOrEqual(3);
    expect(errorBuffers).toBeGreaterThanOrEqual(1);
  });
});

describeOnKernel('v4l2 and a grabber on USB', () => {
  let told: Record<string, Record<string, unknown>> = {};
  beforeAll(async () => {
    told = await scenes('coded', 'jpegs', 'stalled', 'replugged', ...(noV4l2Ctl ? [] : ['refused']), ...(noFfmpeg ? [] : ['ffmpeg']));
  }, testMs);

  it('brings every picture as it was sent, and counts those that the kernel threw away', () => {
    const { lost, frames, sent } = told.coded as { lost: Record<string, number>; frames: number; sent: number };
    expect(told.coded).toMatchObject({ end: 'v4l2/silent', torn: 0, ascending: true });
    expect(told.coded?.description).toBe('V4L2, virtual grabber, YUYV 320x240, 15 fps');
    const counted = Object.values(lost).reduce((sum, count) => sum + count, 0);
    expect(counted).toBeGreaterThanOrEqual(3);
    expect(frames + counted).toBe(sent);
  });

  it('decodes motion JPEG and leaves out what was cut off', () => {
    expect(told.jpegs).toEqual({ numbers: [1, 2, 4], damaged: true });
  });

  it('goes on after a stall', () => {
    expect(told.stalled).toEqual({ code: expect.stringMatching(/^v4l2\/(silent|broken|refused)$/), runs: expect.any(Number) });
  });

  it('comes back by itself when it was pulled out in the middle of a picture, wherever it comes back', () => {
    const { codes, places, numbers, resumedMs } = (told.replugged?.v4l2 ?? {}) as Replugged;
    expect(codes).toEqual(['device/gone']);
    expect(places).toEqual(['/dev/video4', '/dev/video4', '/dev/video5']);
    expect(numbers.every((number) => number >= 0)).toBe(true);
    expect(Math.max(...resumedMs)).toBeLessThan(8000);
  });

  it.skipIf(noV4l2Ctl)('says who has the device and who may not, with what to do (skipped without v4l-utils)', () => {
    expect(told.refused).toMatchObject({
      found: 'v4l2/busy',
      busy: 'v4l2/busy',
      formats: ['YUYV 320x240, 15 fps', 'MJPG 320x240, 15 fps'],
      nobody: { code: 'v4l2/no-rights', remedy: expect.stringContaining('udev') },
    });
  });

  it.skipIf(noFfmpeg)('comes back through ffmpeg too (skipped without ffmpeg)', () => {
    const { codes, numbers } = (told.ffmpeg?.ffmpeg ?? {}) as Replugged;
    expect(codes).toEqual(['device/gone']);
    expect(numbers.length).toBeGreaterThan(2);
    expect(numbers.every((number) => number >= 0)).toBe(true);
  });
});

interface Replugged {
  readonly codes: string[];
  readonly places: string[];
  readonly numbers: number[];
  readonly resumedMs: number[];
}
