import { describe, expect, it } from 'vitest';
import { InStep } from '../../web-client/in-step.ts';

const ms = 1000;

/** Pictures of two streams at 25 fps whose lines take so long; answers what the last ones were told to wait, milliseconds. */
function play(step: InStep, fastMs: number, slowMs: number, frames = 40): { readonly fast: number; readonly slow: number } {
  let fast = 0;
  let slow = 0;
  for (let frame = 0; frame < frames; frame++) {
    const capturedUs = 1e9 + frame * 40 * ms;
    for (const [stream, wayMs] of [
      [0, fastMs],
      [1, slowMs],
    ] as const) {
      const nowUs = capturedUs + wayMs * ms;
      const dueUs = step.arrived(stream, capturedUs, nowUs);
      expect(dueUs).toBeGreaterThanOrEqual(nowUs);
      if (stream === 0) fast = (dueUs - nowUs) / ms;
      else slow = (dueUs - nowUs) / ms;
      step.drawn(stream, capturedUs, dueUs);
    }
  }
  return { fast, slow };
}

const endUs = 1e9 + 40 * 40 * ms;

describe('pictures in step', () => {
  it('a single picture is never held back', () => {
    const step = new InStep();
    for (let frame = 0; frame < 40; frame++) expect(step.arrived(3, frame * 40 * ms, frame * 40 * ms + 9)).toBe(frame * 40 * ms + 9);
    expect(step.skewOf(3, 40 * 40 * ms)).toBeUndefined();
  });

  it('the faster one waits for the slower one, and both are drawn at the same age', () => {
    const step = new InStep();
    expect(play(step, 10, 60)).toEqual({ fast: 50, slow: 0 });
    for (const stream of [0, 1]) expect(step.skewOf(stream, endUs)).toMatchObject({ left: false });
    expect(step.skewOf(1, endUs)?.behindMs).toBeLessThan(5);
  });

  it('nothing is held back to make up for how evenly the slower one comes', () => {
    const step = new InStep();
    let longestMs = 0;
    for (let frame = 0; frame < 200; frame++) {
      const capturedUs = 1e9 + frame * 40 * ms;
      const slowMs = 60 + 30 * ((frame * 7) % 10 < 5 ? 0 : 1);
      const fastUs = capturedUs + 10 * ms;
      const dueUs = step.arrived(0, capturedUs, fastUs);
      if (frame > 50) longestMs = Math.max(longestMs, (dueUs - fastUs) / ms);
      expect(step.arrived(1, capturedUs, capturedUs + slowMs * ms) - capturedUs).toBeLessThanOrEqual(90 * ms);
      if (slowMs === 90) expect(step.arrived(1, capturedUs, capturedUs + slowMs * ms)).toBe(capturedUs + slowMs * ms);
    }
    expect(longestMs).toBeLessThanOrEqual(80);
  });

  it('one that comes much later is left behind and holds nobody; its skew is told', () => {
    const step = new InStep();
    expect(play(step, 10, 400)).toEqual({ fast: 0, slow: 0 });
    expect(step.skewOf(0, endUs)).toEqual({ behindMs: 0, left: false });
    expect(step.skewOf(1, endUs + 300 * ms)).toEqual({ behindMs: 390, left: true });
  });

  it('a stream that falls silent is not waited for any more', () => {
    const step = new InStep();
    play(step, 10, 60);
    const capturedUs = endUs + 600 * ms;
    expect(step.arrived(0, capturedUs, capturedUs + 10 * ms)).toBe(capturedUs + 10 * ms);
  });

  it('one late picture does not slow the others, and it is itself drawn at once', () => {
    const step = new InStep();
    play(step, 10, 20);
    const capturedUs = endUs;
    const nowUs = capturedUs + 90 * ms;
    expect(step.arrived(1, capturedUs, nowUs)).toBe(nowUs);
    expect(step.arrived(0, capturedUs, capturedUs + 10 * ms)).toBe(capturedUs + 20 * ms);
  });

  it('switched off, everything is drawn as it comes, and the skew is told all the same', () => {
    const step = new InStep();
    step.enabled = false;
    expect(play(step, 10, 60)).toEqual({ fast: 0, slow: 0 });
    expect(step.skewOf(1, endUs)).toEqual({ behindMs: 50, left: false });
  });

  it('who leaves the screen is forgotten', () => {
    const step = new InStep();
    play(step, 10, 60);
    step.forget(1);
    expect(step.skewOf(0, endUs)).toBeUndefined();
    expect(step.arrived(0, endUs, endUs + 10 * ms)).toBe(endUs + 10 * ms);
  });
});
