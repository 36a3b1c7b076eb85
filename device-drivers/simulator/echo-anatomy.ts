import { latticeNoise, smoothstep } from './random.ts';

/**
 * An apical four-chamber section of an adult heart at end diastole, in centimetres: x to the right of the picture (the
 * patient's left), y away from the probe, the probe's face at 0,0. Chamber sizes: Lang et al. 2015, doi 10.1093/ehjci/jev014
 * (LV length 8 to 9 cm, inner diameter 4 to 5 cm, wall about 1 cm, basal RV diameter below 4.1 cm).
 */
export interface Point {
  readonly x: number;
  readonly y: number;
}

const apex: Point = { x: 0.35, y: 2.7 };
const base: Point = { x: 1.0, y: 10.3 };
const lengthCm = Math.hypot(base.x - apex.x, base.y - apex.y);
const along: Point = { x: (base.x - apex.x) / lengthCm, y: (base.y - apex.y) / lengthCm };
const wallCm = 0.85;

/** Where the leaflets hang, at end diastole. */
export const annulus = {
  mitralSeptal: { x: -0.72, y: 10.35 },
  mitralLateral: { x: 2.75, y: 10.15 },
  tricuspidSeptal: { x: -1.2, y: 9.85 },
  tricuspidLateral: { x: -4.6, y: 10.1 },
} as const satisfies Record<string, Point>;

/** Along the long axis of the left ventricle (0 apex, 1 base) and across it in cm (right is positive). */
const axisOf = (x: number, y: number): { s: number; v: number } => ({
  s: ((x - apex.x) * along.x + (y - apex.y) * along.y) / lengthCm,
  v: (x - apex.x) * along.y - (y - apex.y) * along.x,
});

const pointOf = (s: number, v: number): Point => ({
  x: apex.x + s * lengthCm * along.x + v * along.y,
  y: apex.y + s * lengthCm * along.y - v * along.x,
});

/** Half width of the left ventricular cavity; negative outside its ends. */
function cavityHalfCm(s: number): number {
  const from = s - 0.6;
  const bulge = 1 - (from / 0.6) ** 2 * (from > 0 ? 0.85 : 1);
  return bulge <= 0 ? -1 : 2.2 * Math.sqrt(bulge);
}

/** Half width of the left ventricle with its wall, which also covers the apex. */
function outerHalfCm(s: number): number {
  const from = s - 0.6;
  const bulge = 1 - (from / (from > 0 ? 0.6 : 0.71)) ** 2 * (from > 0 ? 0.6 : 1);
  return bulge <= 0 ? -1 : (2.2 + wallCm) * Math.sqrt(bulge);
}

/** Inner width of the right ventricle beside the septum. */
const rightWidthCm = (s: number): number => 2.7 * smoothstep(0.12, 0.8, s);

/** The left ventricular endocardium at end diastole, from the septal annulus over the apex to the lateral one. */
export function endocardium(points: number): Point[] {
  return Array.from({ length: points }, (_, index) => {
    const way = (2 * index) / (points - 1) - 1;
    // The square spreads the points evenly where the apex is round.
    const s = way * way;
    return pointOf(s, Math.sign(way) * Math.max(0, cavityHalfCm(s)));
  });
}

/** How far the base comes down towards the apex at end systole (mitral annular plane excursion, 12 to 16 mm). */
const excursionCm = 1.35;
const innerAtSystole = 0.7;
const outerAtSystole = 0.97;

/** Where the tissue that lies at (x, y) at end systole was at end diastole. */
export function beforeContraction(x: number, y: number): Point {
  const { s, v } = axisOf(x, y);
  const baseAtSystole = 1 - excursionCm / lengthCm;
  const lift = s < baseAtSystole ? Math.max(0, s / baseAtSystole) : 1 - smoothstep(baseAtSystole, 1.62, s);
  const near = 1 - smoothstep(4, 7.5, Math.abs(v));
  const sBefore = s + (excursionCm / lengthCm) * lift * near;
  const squeeze = (1 - smoothstep(0.93, 1.2, sBefore)) * smoothstep(-0.2, 0.12, sBefore);
  return pointOf(sBefore, v + squeeze * outwardCm(Math.max(0, Math.min(1, sBefore)), v));
}

/** The wall thickens inwards: its inner side moves by 30 %, its outer side hardly. */
function outwardCm(s: number, v: number): number {
  const inner = Math.max(0.05, cavityHalfCm(s));
  const outer = Math.max(inner + 0.3, outerHalfCm(s));
  const side = Math.sign(v);
  const distance = Math.abs(v);
  const innerNow = inner * innerAtSystole;
  const outerNow = outer * outerAtSystole;
  if (distance < innerNow) return v / innerAtSystole - v;
  if (distance < outerNow) {
    const share = (distance - innerNow) / (outerNow - innerNow);
    return side * (inner + share * (outer - inner) - distance);
  }
  const beyond = distance - outerNow;
  if (side > 0) return (outer - outerNow) * Math.exp(-beyond);
  // The free wall of the right ventricle comes towards the septum by a fifth of the width.
  const right = Math.min(beyond / 0.8, rightWidthCm(s)) * 0.22;
  return -(outer - outerNow + right) * Math.exp(-Math.max(0, beyond - 0.8 * rightWidthCm(s)) * 0.5);
}

/** Share of the heart's movement with the breath that a place takes part in: the chest wall stays. */
export function breathShare(y: number): number {
  return smoothstep(1.2, 3, y);
}

/** Soft mask: 1 inside (negative distance), 0 outside, over `edgeCm`. */
const inside = (distanceCm: number, edgeCm = 0.07): number => smoothstep(edgeCm, -edgeCm, distanceCm);

/** Signed distance to an ellipse, good near its edge. */
function ellipseDistance(x: number, y: number, cx: number, cy: number, rx: number, ry: number): number {
  const ratio = Math.hypot((x - cx) / rx, (y - cy) / ry);
  return (ratio - 1) * Math.min(rx, ry);
}

/** A bright layer: decibels at its middle, falling off on both sides. */
const layer = (distanceCm: number, halfCm: number): number => Math.exp(-((distanceCm / halfCm) ** 2));

/** Echogenicity at end diastole in decibels, 0 = septal myocardium. */
export function echogenicityDb(x: number, y: number, seed: number): number {
  const { s, v } = axisOf(x, y);
  const clumps = latticeNoise(x * 1.1, y * 1.1, seed);
  const patches = latticeNoise(x * 2.7, y * 2.7, seed + 1);
  const grain = latticeNoise(x * 5.5 + v, y * 2.2, seed + 2);
  // The walls are coarse and patchy: an even wall is the first thing that gives a drawing away.
  const uneven = 5 * clumps + 6.5 * patches + 6 * grain;
  const distance = Math.hypot(x, y);

  const sides = smoothstep(3.2, 6.5, Math.abs(x - 0.3) - 0.12 * y);
  let db = -21 - 14 * sides + 5 * clumps + 3 * patches;
  // The lung covers what lies behind the atria and at both sides.
  db -= 26 * smoothstep(14.4, 16.2, y + 0.05 * (x + 1) ** 2);

  db = pericardium(db, x, y, s, v, uneven);
  db = atria(db, x, y, uneven);
  db = rightVentricle(db, s, v, uneven);
  db = leftVentricle(db, x, y, s, v, uneven);
  db = skeleton(db, x, y, uneven);

  // Reverberation of the chest wall: bands parallel to the probe's face that cover what lies below.
  const bands = -6 + 5 * layer(distance - 0.5, 0.14) + 6 * layer(distance - 1.05, 0.16) + 3 * layer(distance - 1.6, 0.2) + 3 * clumps;
  const cover = smoothstep(2.3, 0.9, distance);
  return blend(db, bands, cover);
}

const blend = (from: number, to: number, share: number): number => from + (to - from) * share;

function pericardium(db: number, x: number, y: number, s: number, v: number, uneven: number): number {
  const outer = Math.max(0, outerHalfCm(Math.max(-0.15, Math.min(1, s))));
  const lateral = layer(v - outer - 0.18, 0.3) * smoothstep(0.42, 0.78, s) * smoothstep(1.32, 1.05, s);
  const lung = layer(v - outer - 1.15, 0.55) * smoothstep(0.5, 0.9, s) * smoothstep(1.5, 1.1, s);
  const back = layer(ellipseDistance(x, y, -1.1, 11.0, 5.2, 3.95), 0.33) * smoothstep(8.4, 10.6, y);
  const behind = layer(ellipseDistance(x, y, -1.0, 11.3, 5.5, 4.35), 0.45) * smoothstep(11, 13.2, y);
  let sum = blend(db, 7 + uneven, lateral);
  sum = blend(sum, -7 + uneven, 0.75 * lung);
  sum = blend(sum, -3 + 1.4 * uneven, 0.7 * behind * (1 - back));
  return blend(sum, 5 + 1.3 * uneven, 0.95 * back);
}

function atria(db: number, x: number, y: number, uneven: number): number {
  const left = ellipseDistance(x, y, 1.15, 12.15, 1.85, 2.15);
  const right = ellipseDistance(x, y, -2.95, 11.75, 2.05, 2.2);
  const walls = Math.max(inside(left - 0.42), inside(right - 0.42));
  const cavity = Math.max(inside(left, 0.12), inside(right, 0.12));
  return blend(blend(db, -3 + uneven, 0.85 * walls), -46, cavity);
}

function rightVentricle(db: number, s: number, v: number, uneven: number): number {
  const within = inside((s - 1.03) * lengthCm, 0.2) * smoothstep(0.02, 0.25, s);
  const outer = Math.max(0, outerHalfCm(Math.max(0, Math.min(1, s))));
  const width = rightWidthCm(s);
  const beyond = -v - outer;
  const free = inside(Math.abs(beyond - width - 0.22) - 0.28, 0.16) * within;
  const cavity = inside(beyond - width, 0.12) * inside(-beyond, 0.1) * within;
  // Trabeculae and the moderator band near the apex.
  const trabeculae = -26 + 1.6 * uneven + 10 * layer(s - 0.48, 0.035) * smoothstep(2.4, 0.2, beyond);
  return blend(blend(db, -8 + uneven, 0.8 * free), trabeculae - 9 * smoothstep(0.4, 0.9, s), cavity);
}

function leftVentricle(db: number, x: number, y: number, s: number, v: number, uneven: number): number {
  const within = inside((s - 1.01) * lengthCm, 0.12);
  const outer = outerHalfCm(s);
  const inner = cavityHalfCm(s);
  const wall = inside(Math.abs(v) - outer, 0.12) * within;
  // Walls along the beam drop out; the septum keeps its right-sided border, the lateral wall is weak in its middle.
  const septal = v < 0 ? 1 : 0;
  const middle = smoothstep(0.06, 0.3, s) * smoothstep(0.85, 0.5, s);
  const border = septal * 3.5 * layer(-v - inner - 0.25, 0.3);
  const septum = septal * (-2.5 + border - 2 * smoothstep(0.3, 0, s));
  const wallDb = septum + (1 - septal) * (-5 - 10 * middle) - 6 * smoothstep(0.2, -0.08, s);
  const cavity = inner > 0 ? inside(Math.abs(v) - inner, 0.09) * within : 0;
  const haze = -33 + 7 * smoothstep(6, 2.6, y) + 0.5 * uneven;
  let sum = blend(db, wallDb + uneven, wall);
  sum = blend(sum, haze, cavity);
  const papillary = ellipseDistance(x, y, 1.95, 6.3, 0.34, 0.75);
  return blend(sum, -9 + uneven, 0.8 * inside(papillary, 0.14));
}

/** The fibrous crux and the rings, and the thin septum between the atria. */
function skeleton(db: number, x: number, y: number, uneven: number): number {
  const crux = layer(Math.hypot((x + 0.85) / 1.25, y - 10.25), 0.42);
  const lateral = layer(Math.hypot(x - 2.95, (y - 10.2) / 1.2), 0.42);
  const right = layer(Math.hypot(x + 4.75, y - 10.15), 0.4);
  const septum = layer(x + 0.82 - 0.06 * (y - 10.3), 0.17) * smoothstep(10, 10.5, y) * smoothstep(14.3, 13.6, y);
  // The oval fossa lies along the beam and is thin: it fades in the middle.
  const fossa = 1 - 0.75 * layer(y - 12.1, 0.8);
  let sum = blend(db, -1 + uneven, 0.85 * septum * fossa);
  sum = blend(sum, 4 + 0.6 * uneven, 0.8 * right);
  sum = blend(sum, 6 + 0.6 * uneven, 0.85 * lateral);
  return blend(sum, 9 + 0.6 * uneven, crux);
}
