import { createFluoroscopyScene } from '../../../device-drivers/simulator/fluoroscopy-scene.ts';
import { createUltrasoundScene } from '../../../device-drivers/simulator/ultrasound-scene.ts';
import type { Picture } from './picture-quality.ts';

/** A run of pictures with and without noise; what is known of them is asked by frame. */
export interface Scene {
  readonly name: string;
  readonly kind: 'ultrasound' | 'fluoroscopy';
  readonly fps: number;
  readonly width: number;
  readonly height: number;
  /** Where there is a picture at all. */
  readonly mask: Uint8Array;
  noisy(frame: number): Picture;
  clean(frame: number): Picture;
  /** Of the ventricle's wall or of the catheter: x and y in turn. */
  edge(frame: number): ArrayLike<number>;
  tip(frame: number): { readonly x: number; readonly y: number } | undefined;
}

/** Frames that filters over time get to settle, and frames that are measured after that. */
export const settling = 20;
export const measuredFrames = 8;
/** The catheter advances from the first second on; the run begins in the middle of that. */
const fluoroscopyStart = 30;

export function scenes(seed: number): Scene[] {
  return [ultrasound(seed), ...[0.2, 0.5, 1].map((dose) => fluoroscopy(seed, dose))];
}

function ultrasound(seed: number): Scene {
  const [width, height, fps] = [1024, 768, 30];
  const scene = createUltrasoundScene({ width, height, fps, seed, depthCm: 16, heartRate: 61, breathsPerMinute: 14 });
  const render = (frame: number, noise: boolean): Picture => {
    const levels = new Uint8Array(width * height);
    scene.render(frame, levels, { noise });
    return { width, height, levels };
  };
  return {
    name: 'ultrasound',
    kind: 'ultrasound',
    fps,
    width,
    height,
    mask: litIn(Array.from({ length: 5 }, (_, index) => render(6 * index, true))),
    noisy: (frame) => render(frame, true),
    clean: (frame) => render(frame, false),
    edge: (frame) => scene.ventricle(frame),
    tip: () => undefined,
  };
}

function fluoroscopy(seed: number, dose: number): Scene {
  const [width, height, fps] = [1024, 1024, 15];
  const scene = createFluoroscopyScene({ width, height, fps, seed, heartRate: 61, breathsPerMinute: 14, bits: 8, dose });
  const render = (frame: number, noise: boolean): Picture => {
    const levels = new Uint8Array(width * height);
    scene.render(fluoroscopyStart + frame, levels, { noise });
    return { width, height, levels };
  };
  return {
    name: `fluoroscopy, dose ${dose}`,
    kind: 'fluoroscopy',
    fps,
    width,
    height,
    mask: litIn([render(0, false)]),
    noisy: (frame) => render(frame, true),
    clean: (frame) => render(frame, false),
    edge: (frame) => scene.catheter(fluoroscopyStart + frame).path,
    tip: (frame) => scene.catheter(fluoroscopyStart + frame).tip,
  };
}

/** Boxes of 16x16 in which any of the pictures is not black. */
function litIn(pictures: readonly Picture[]): Uint8Array {
  const { width, height } = pictures[0] as Picture;
  const mask = new Uint8Array(width * height);
  for (const { levels } of pictures) {
    for (let at = 0; at < levels.length; at++) if ((levels[at] as number) > 12) mask[at] = 1;
  }
  const lit = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let count = 0;
      for (let dy = -8; dy <= 8; dy += 4) {
        for (let dx = -8; dx <= 8; dx += 4) count += mask[clamp(y + dy, height) * width + clamp(x + dx, width)] as number;
      }
      lit[y * width + x] = count > 8 ? 1 : 0;
    }
  }
  return lit;
}

const clamp = (value: number, size: number): number => Math.min(Math.max(value, 0), size - 1);
