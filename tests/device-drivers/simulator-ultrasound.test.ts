import { describe, expect, it } from 'vitest';
import { createUltrasoundScene, type UltrasoundSettings } from '../../device-drivers/simulator/ultrasound-scene.ts';
import { regionFault } from '../../src/frame/calibration.ts';

const settings: UltrasoundSettings = {
  width: 640,
  height: 480,
  fps: 30,
  seed: 7,
  depthCm: 16,
  heartRate: 60,
  breathsPerMinute: 0,
};

function picture(overrides: Partial<UltrasoundSettings>, frameIndex: number, noise = true): Uint8Array {
  const all = { ...settings, ...overrides };
  const target = new Uint8Array(all.width * all.height).fill(0xa5);
  createUltrasoundScene(all).render(frameIndex, target, { noise });
  return target;
}

/** Area inside the contour, closed across the mitral annulus, in square pixels. */
function area(contour: Float32Array): number {
  let twice = 0;
  for (let i = 0, j = contour.length - 2; i < contour.length; j = i, i += 2) {
    twice += contour[j]! * contour[i + 1]! - contour[i]! * contour[j + 1]!;
  }
  return Math.abs(twice / 2);
}

describe('the simulated echo', () => {
  it('gives the same bytes for the same settings and frame, whatever was drawn before', () => {
    const scene = createUltrasoundScene(settings);
    const target = new Uint8Array(settings.width * settings.height);
    for (const frame of [3, 40, 11]) scene.render(frame, target);
    expect(Buffer.from(target).equals(picture({}, 11))).toBe(true);
    scene.render(11, target, { noise: false });
    scene.render(11, target);
    expect(Buffer.from(target).equals(picture({}, 11))).toBe(true);
  });

  it('differs with the seed and from frame to frame', () => {
    const one = picture({}, 11);
    expect(Buffer.from(one).equals(picture({ seed: 8 }, 11))).toBe(false);
    expect(Buffer.from(one).equals(picture({}, 12))).toBe(false);
  });

  it.each([
    [64, 64, 16],
    [65, 67, 8],
    [64, 1080, 24],
    [1920, 64, 16],
    [333, 251, 11.5],
    [1920, 1080, 16],
  ])('fills %ix%i at %f cm with regions that can be measured in', (width, height, depthCm) => {
    const target = picture({ width, height, depthCm }, 5);
    const { regions } = createUltrasoundScene({ ...settings, width, height, depthCm });
    expect(regions.map((region) => region.kind)).toEqual(['tissue', 'ecg']);
    for (const region of regions) expect(regionFault(region, width, height)).toBeUndefined();
    // A row above the sector is black, so nothing of the target's old content is left there; the sector is not.
    expect(target.subarray(0, width).every((grey) => grey === 0)).toBe(true);
    expect(target.some((grey) => grey > 120)).toBe(true);
  });

  it.each([8, 16, 23.7])('is calibrated exactly: from the apex to the bottom of the sector it is %f cm', (depthCm) => {
    const scene = createUltrasoundScene({ ...settings, depthCm });
    const tissue = scene.regions[0]!;
    expect((tissue.y1 - tissue.y0) * tissue.deltaY).toBeCloseTo(depthCm, 9);
    expect(tissue.deltaX).toBe(tissue.deltaY);
    const apex = scene.pixelOf((scene.lines - 1) / 2, 0);
    const bottom = scene.pixelOf((scene.lines - 1) / 2, scene.samples - 1);
    expect((bottom.y - apex.y) * tissue.deltaY).toBeCloseTo(depthCm, 9);
    expect(apex.x).toBeCloseTo(tissue.x0 + tissue.referenceX!, 9);
    // Any pixel of the rim is as far from the apex, measured with the calibration.
    const corner = scene.pixelOf(0, scene.samples - 1);
    expect(Math.hypot(corner.x - apex.x, corner.y - apex.y) * tissue.deltaX).toBeCloseTo(depthCm, 9);
    const pixels = picture({ depthCm }, 0);
    const column = Math.round(apex.x);
    const below = Array.from({ length: 4 }, (_, row) => pixels[(tissue.y1 + 1 + row) * settings.width + column]);
    expect(below.slice(0, 2)).toEqual([0, 0]);
  });

  it('has speckle with the statistics of fully developed scatter in even tissue', () => {
    const scene = createUltrasoundScene(settings);
    const target = new Uint8Array(settings.width * settings.height);
    const ratios: number[] = [];
    for (const seed of [1, 2, 3, 4]) {
      const seeded = createUltrasoundScene({ ...settings, seed });
      seeded.render(0, target, { noise: false });
      const clean = seeded.power.slice();
      seeded.render(0, target);
      for (let sample = 40; sample < scene.samples - 60; sample += 2) {
        for (let line = 20; line < scene.lines - 20; line += 3) {
          const at = sample * scene.lines + line;
          if (clean[at]! < 0.03) continue;
          if (Math.abs(10 * Math.log10(clean[at + 3]! / clean[at - 3]!)) > 2) continue;
          ratios.push(Math.sqrt(seeded.power[at]! / clean[at]!));
        }
      }
    }
    const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
    const variance = ratios.reduce((sum, ratio) => sum + (ratio - mean) ** 2, 0) / ratios.length;
    expect(ratios.length).toBeGreaterThan(1500);
    // Rayleigh: mean over deviation is sqrt(pi / (4 - pi)) = 1.91 (Wagner et al. 1983).
    expect(mean / Math.sqrt(variance)).toBeGreaterThan(1.75);
    expect(mean / Math.sqrt(variance)).toBeLessThan(2.05);
  });

  it('shows blood darker than muscle', () => {
    const scene = createUltrasoundScene(settings);
    const pixels = picture({}, 0);
    const contour = scene.ventricle(0);
    const apex = { x: contour[contour.length / 2 - 1]!, y: contour[contour.length / 2]! };
    const { deltaX } = scene.regions[0]!;
    const mean = (x: number, y: number): number => {
      let sum = 0;
      for (let row = -6; row <= 6; row++)
        for (let column = -3; column <= 3; column++) sum += pixels[Math.round(y + row) * 640 + Math.round(x + column)]!;
      return sum / 91;
    };
    const septum = { x: contour[32]!, y: contour[33]! };
    const blood = mean(apex.x, septum.y);
    const muscle = mean(septum.x - 0.35 / deltaX, septum.y);
    expect(muscle).toBeGreaterThan(2 * blood);
  });

  it.each([45, 60, 150])('empties and fills the ventricle once a beat at %i/min', (heartRate) => {
    const scene = createUltrasoundScene({ ...settings, heartRate, fps: 60 });
    const areas = Array.from({ length: Math.round(60 * 4) }, (_, frame) => area(scene.ventricle(frame)));
    const largest = Math.max(...areas);
    const smallest = Math.min(...areas);
    // Fractional area change of a healthy left ventricle: above 35 %.
    expect(1 - smallest / largest).toBeGreaterThan(0.35);
    expect(1 - smallest / largest).toBeLessThan(0.65);
    const middle = (largest + smallest) / 2;
    const emptied = areas.filter((now, frame) => frame > 0 && areas[frame - 1]! >= middle && now < middle).length;
    expect(Math.abs(emptied - (4 * heartRate) / 60)).toBeLessThanOrEqual(1);
  });

  it('draws the endocardium where the contour says, also at end systole', () => {
    const scene = createUltrasoundScene(settings);
    const target = new Uint8Array(settings.width * settings.height);
    const { deltaX } = scene.regions[0]!;
    for (const frame of [0, 25]) {
      scene.render(frame, target, { noise: false });
      const contour = scene.ventricle(frame);
      for (const point of [14, 18]) {
        const x = contour[2 * point]!;
        const y = Math.round(contour[2 * point + 1]!);
        const wall = target[y * 640 + Math.round(x - 0.3 / deltaX)]!;
        const cavity = target[y * 640 + Math.round(x + 0.3 / deltaX)]!;
        expect(wall).toBeGreaterThan(cavity + 20);
      }
    }
  });

  it('flags the first frame after each R peak', () => {
    const scene = createUltrasoundScene({ ...settings, heartRate: 75, fps: 50 });
    const flagged = Array.from({ length: 200 }, (_, frame) => frame).filter((frame) => scene.rPeak(frame));
    // 0.8 s from beat to beat, the first one half a beat after the start.
    expect(flagged).toEqual([20, 60, 100, 140, 180]);
    expect(scene.rPeak(65, 50)).toBe(true);
  });

  it('has the R peak of the trace at the time of the flag', () => {
    const { fps, width, height } = { ...settings, fps: 50 };
    const scene = createUltrasoundScene({ ...settings, heartRate: 75, fps });
    const target = new Uint8Array(width * height);
    const strip = scene.regions[1]!;
    scene.render(150, target);
    const topOf = (column: number): number => {
      for (let y = strip.y0; y < strip.y1; y++) if (target[y * width + column]! > 100) return y;
      return height;
    };
    // Frame 150 is second 3; the strip began at second 0, the peaks lie at 0.4, 1.2, 2.0 and 2.8 s.
    for (const peakS of [0.4, 1.2, 2]) {
      const column = strip.x0 + Math.round(peakS / strip.deltaX);
      const top = Math.min(topOf(column - 1), topOf(column), topOf(column + 1));
      expect(top).toBeLessThan(strip.y0 + 0.25 * (strip.y1 - strip.y0));
      expect(topOf(column + 12)).toBeGreaterThan(strip.y0 + 0.5 * (strip.y1 - strip.y0));
    }
  });

  it('moves the heart with the breath', () => {
    const scene = createUltrasoundScene({ ...settings, breathsPerMinute: 15 });
    const still = createUltrasoundScene(settings);
    // Two seconds after the start the breath is deepest; a whole number of beats later only the breath differs.
    const lowered = scene.ventricle(60)[33]! - still.ventricle(60)[33]!;
    expect(lowered * still.regions[0]!.deltaY).toBeGreaterThan(0.2);
  });
});
