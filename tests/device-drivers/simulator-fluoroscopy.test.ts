import { describe, expect, it } from 'vitest';
import { createFluoroscopyScene, type FluoroscopySettings } from '../../device-drivers/simulator/fluoroscopy-scene.ts';

const settings: FluoroscopySettings = {
  width: 512,
  height: 512,
  fps: 15,
  seed: 7,
  heartRate: 60,
  breathsPerMinute: 14,
  bits: 8,
  dose: 1,
};

function picture(overrides: Partial<FluoroscopySettings>, frameIndex: number, noise = true): Uint8Array {
  const all = { ...settings, ...overrides };
  const target = new Uint8Array((all.width * all.height * all.bits) / (all.bits === 10 ? 5 : 8)).fill(0xa5);
  createFluoroscopyScene(all).render(frameIndex, target, { noise });
  return target;
}

/** Variance of the noise in the middle of the field, of the 10 bit picture, where nothing is clipped. */
function noiseVariance(dose: number): number {
  const noisy = words(picture({ bits: 10, dose }, 4));
  const clean = words(picture({ bits: 10, dose }, 4, false));
  let sum = 0;
  let count = 0;
  for (let y = 150; y < 350; y++) {
    for (let x = 260; x < 380; x++, count++) sum += (noisy[y * 512 + x]! - clean[y * 512 + x]!) ** 2;
  }
  return sum / count;
}

const words = (bytes: Uint8Array): Uint16Array => new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);

describe('the simulated coronary angiogram', () => {
  it('gives the same bytes for the same settings and frame, whatever was drawn before', () => {
    const scene = createFluoroscopyScene(settings);
    const target = new Uint8Array(512 * 512);
    for (const frame of [3, 60, 11]) scene.render(frame, target);
    expect(Buffer.from(target).equals(picture({}, 11))).toBe(true);
  });

  it('differs with the seed and from frame to frame', () => {
    const one = picture({}, 11);
    expect(Buffer.from(one).equals(picture({ seed: 8 }, 11))).toBe(false);
    expect(Buffer.from(one).equals(picture({}, 12))).toBe(false);
  });

  it.each([
    [64, 64],
    [65, 67],
    [64, 1080],
    [1920, 64],
    [333, 251],
    [1920, 1080],
  ])('fills %ix%i: black outside the shutters, light within', (width, height) => {
    const target = picture({ width, height }, 5);
    expect(target[0]).toBe(0);
    expect(target.at(-1)).toBe(0);
    expect(target[Math.floor(height / 2) * width + Math.floor(width / 2)]).toBeGreaterThan(20);
  });

  it('stays within 10 bits and uses them', () => {
    const levels = words(picture({ bits: 10, dose: 0.05 }, 5));
    const largest = levels.reduce((most, level) => Math.max(most, level), 0);
    expect(largest).toBeLessThanOrEqual(1023);
    expect(largest).toBeGreaterThan(900);
  });

  it('has the same expectation in 8 and 10 bits', () => {
    const eight = picture({}, 5, false);
    const ten = words(picture({ bits: 10 }, 5, false));
    for (let at = 0; at < eight.length; at += 97) expect(Math.abs(eight[at]! - (ten[at]! * 255) / 1023)).toBeLessThan(1);
  });

  it('has noise whose variance goes as intensity over dose', () => {
    const [quarter, one, four] = [0.25, 1, 4].map(noiseVariance) as [number, number, number];
    // The rounding to whole grey levels adds a twelfth.
    expect((quarter - 1 / 12) / (one - 1 / 12)).toBeCloseTo(4, 0);
    expect((one - 1 / 12) / (four - 1 / 12)).toBeCloseTo(4, 0);
  });

  it('shows the catheter darker than what lies on both sides of it, all along', () => {
    const scene = createFluoroscopyScene(settings);
    const target = new Uint8Array(512 * 512);
    for (const frame of [80, 85, 90]) {
      // No contrast in the vessels then: what is dark is the catheter.
      expect(scene.contrast(frame)).toBeLessThan(0.02);
      scene.render(frame, target, { noise: false });
      const { path, guidePoints, tip } = scene.catheter(frame);
      expect(guidePoints).toBeGreaterThan(20);
      expect([tip.x, tip.y]).toEqual([...path.slice(-2)]);
      let darker = 0;
      let places = 0;
      for (let at = 12; at < path.length - 4; at += 2) {
        const x = path[at]!;
        const y = path[at + 1]!;
        const dx = path[at + 2]! - path[at - 2]!;
        const dy = path[at + 3]! - path[at - 1]!;
        const length = Math.hypot(dx, dy);
        const aside = 9;
        const left = grey(target, x - (aside * dy) / length, y + (aside * dx) / length);
        const right = grey(target, x + (aside * dy) / length, y - (aside * dx) / length);
        places++;
        if (grey(target, x, y) < Math.min(left, right) * 0.97) darker++;
      }
      expect(darker / places).toBeGreaterThan(0.9);
    }
  });

  it('advances the wire along the artery', () => {
    const scene = createFluoroscopyScene({ ...settings, breathsPerMinute: 0 });
    const lengths = [0, 60, 120, 180].map((frame) => scene.catheter(frame).path.length);
    expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
    expect(lengths[3]! - lengths[0]!).toBeGreaterThan(60);
  });

  it('fills the artery with contrast, in runs that wash out', () => {
    const scene = createFluoroscopyScene({ ...settings, breathsPerMinute: 0 });
    const clean = new Uint8Array(512 * 512);
    const filled = new Uint8Array(512 * 512);
    // Frames 0 and 90 are six beats apart: the heart lies as it did.
    scene.render(0, filled, { noise: false });
    scene.render(90, clean, { noise: false });
    const start = scene.catheter(90);
    const at = 2 * (start.guidePoints + 8);
    const x = start.path[at]! + 3;
    const y = start.path[at + 1]! + 1;
    expect(scene.contrast(0)).toBeGreaterThan(0.9);
    expect(grey(filled, x, y)).toBeLessThan(0.75 * grey(clean, x, y));
    const levels = Array.from({ length: 240 }, (_, frame) => scene.contrast(frame));
    expect(Math.max(...levels)).toBeGreaterThan(0.95);
    expect(Math.min(...levels)).toBeLessThan(0.01);
  });

  it('swings with the beat and the breath', () => {
    const held = createFluoroscopyScene({ ...settings, breathsPerMinute: 0 });
    const distal = (scene: typeof held, frame: number): number => scene.catheter(frame).path[240]!;
    const beat = Array.from({ length: 15 }, (_, frame) => distal(held, frame));
    expect(Math.max(...beat) - Math.min(...beat)).toBeGreaterThan(4);
    const breathing = createFluoroscopyScene({ ...settings, breathsPerMinute: 15 });
    expect(breathing.catheter(30).path[241]! - held.catheter(30).path[241]!).toBeGreaterThan(8);
  });
});

const grey = (pixels: Uint8Array, x: number, y: number): number => pixels[Math.round(y) * 512 + Math.round(x)]!;
