import { latticeNoise, smoothstep } from './random.ts';

/**
 * Optical depths of a chest in a left anterior oblique view, in the field units of `coronary-tree.ts`.
 * Depths are chosen so that lung, heart and spine differ as they do in real coronary runs at 75 to 85 kV.
 */

/** What does not move: body, spine, descending aorta. */
export function stillDepth(x: number, y: number, seed: number): number {
  const body = 0.1 + 0.42 * smoothstep(-0.42, 0.4, x + 0.12 * y) + 0.1 * smoothstep(-0.1, -0.5, y);
  const middle = 0.19 - 0.05 * y;
  const across = x - middle;
  const spine = 0.62 * smoothstep(0.215, 0.15, Math.abs(across)) + 0.18 * smoothstep(0.13, 0.1, Math.abs(across));
  // Vertebral bodies: denser end plates on both sides of a lighter disc.
  const place = (y + 0.09 * across + 1.6 * across * across) / 0.165 + 0.2 + 0.05 * latticeNoise(x * 5, y * 5, seed + 8);
  const disc = Math.abs(place - Math.round(place));
  const plates = smoothstep(0.24, 0.11, disc) * smoothstep(0.03, 0.1, disc) * 0.07 - 0.07 * smoothstep(0.075, 0.02, disc);
  const pedicle = 0.14 * Math.exp(-(((Math.abs(across + 0.01) - 0.075) / 0.017) ** 2) - (Math.abs(disc - 0.3) / 0.1) ** 2);
  const vertebrae = smoothstep(0.15, 0.1, Math.abs(across)) * (plates + pedicle);
  const aorta = 0.16 * smoothstep(0.09, 0.06, Math.abs(x - 0.33 + 0.1 * y));
  const mottle = 0.035 * latticeNoise(x * 11, y * 11, seed + 3) + 0.02 * latticeNoise(x * 37, y * 37, seed + 4);
  return body + spine + vertebrae + aorta + mottle;
}

/** What moves with the breath and the beat: heart, diaphragm, ribs, vessels of the lung; at end diastole and expiration. */
export function movingDepth(x: number, y: number, seed: number): number {
  const heart = smoothstep(1.1, 0.93, Math.hypot((x + 0.03) / 0.335, (y - 0.1) / 0.33));
  const dome = y - 0.375 - 0.45 * (x + 0.16) ** 2 - 0.3 * smoothstep(0.2, 0.5, x);
  const diaphragm = smoothstep(-0.014, 0.02, dome);
  const lung = (1 - 0.6 * heart) * (1 - 0.8 * diaphragm) * smoothstep(0.32, -0.1, x);
  const hila = smoothstep(0.55, 0.1, Math.hypot(x + 0.02, y + 0.12));
  // Turned and bent against the lattice, whose straight lines the eye would find.
  const bend = 0.5 * latticeNoise(x * 6 + y, y * 6 - x, seed + 9);
  const coarse = ridge(latticeNoise(x * 7 + y * 5 + bend, y * 7 - x * 5 + bend, seed + 5));
  const fine = ridge(latticeNoise(x * 17 - y * 9 + bend, y * 17 + x * 9 - bend, seed + 6));
  const vessels = lung * (0.35 + 0.65 * hila) * (0.13 * coarse + 0.09 * fine);
  const patches = 0.05 * latticeNoise(x * 4, y * 4, seed + 7);
  return 0.08 + 0.26 * heart + 0.62 * diaphragm + vessels + patches + ribs(x, y);
}

const ridge = (noise: number): number => Math.max(0, 1 - Math.abs(noise) * 4.5);

/** Posterior ribs run down to the left, anterior ones down to the right; each is a tube with dense borders. */
function ribs(x: number, y: number): number {
  const posterior = rib((y - 0.35 * x - 0.5 * x * x) / 0.19 + 0.15);
  const anterior = rib((y + 0.75 * x + 0.3 * x * x) / 0.27 + 0.4) * smoothstep(0.05, -0.15, x);
  return 0.075 * posterior + 0.05 * anterior;
}

function rib(place: number): number {
  const off = Math.abs(place - Math.round(place));
  return smoothstep(0.2, 0.13, off) * (0.7 + 0.4 * smoothstep(0.07, 0.17, off));
}

const heartX = -0.06;
const heartY = 0.08;

/** Moves a point by the beat (contraction 0..1) and the breath (0..1); writes x and y into `out`. */
export function moveHeart(x: number, y: number, contraction: number, breath: number, out: Float64Array): void {
  // The aortic root holds the ostium: the further down the surface, the wider the swing.
  const free = smoothstep(-0.42, 0.02, y);
  const hang = smoothstep(-0.5, -0.1, y);
  const fromX = x - heartX;
  const fromY = y - heartY;
  const shrink = -0.075 * contraction * free;
  const twist = 0.07 * contraction * free;
  out[0] = x + shrink * fromX - twist * fromY + free * contraction * 0.028 + hang * breath * 0.006;
  out[1] = y + shrink * fromY + twist * fromX + free * contraction * 0.014 + hang * breath * 0.034;
}

/** How much of the beat a place of the thorax takes part in. */
export function heartShare(x: number, y: number): number {
  return smoothstep(1.5, 0.9, Math.hypot((x + 0.03) / 0.335, (y - 0.1) / 0.33));
}
