import { describe, expect, it } from 'vitest';
import { crossing, quantile, reportOf } from '../../src/calibrate/step-delay.ts';

const samples = [10, 12, 90, 200, 210, 30].map((brightness, index) => ({ atMs: index * 10, brightness }));

describe('the first picture that shows a step', () => {
  it('is the first beyond the middle, up or down, after the step', () => {
    expect(crossing(samples, 10, 210, 0)).toEqual({ atMs: 30, brightness: 200 });
    expect(crossing(samples, 210, 10, 35)).toEqual({ atMs: 50, brightness: 30 });
    expect(crossing(samples, 10, 210, 45)).toBeUndefined();
  });
});

describe('the report', () => {
  it('takes half an interval off the median: a step falls anywhere between two pictures', () => {
    const delaysMs = [80, 90, 100, 110, 120];
    expect(reportOf(delaysMs, 1, [39, 40, 41])).toEqual({
      steps: 5,
      missed: 1,
      p50Ms: 100,
      p5Ms: 82,
      p95Ms: 118,
      frameIntervalMs: 40,
      deviceDelayMs: 80,
    });
  });

  it('knows no delay below nothing', () => {
    expect(reportOf([1, 2, 3], 0, [40]).deviceDelayMs).toBe(0);
  });

  it('interpolates', () => {
    expect([quantile([1, 2, 3, 4], 0.5), quantile([7], 0.95), quantile([], 0.5)]).toEqual([2.5, 7, 0]);
  });
});
