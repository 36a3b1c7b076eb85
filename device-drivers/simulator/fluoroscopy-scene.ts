import { coarseTables } from './coarse-table.ts';
import { type Branch, createCoronaryTree, guideCatheter } from './coronary-tree.ts';
import { breathDepth, createHeartCycle } from './heart-cycle.ts';
import { createRandom, mix, smoothstep } from './random.ts';
import { heartShare, moveHeart, movingDepth, stillDepth } from './thorax.ts';
import { addPlane, clearPlane, createDepthPlane, depthUnit, drawTube } from './tube-raster.ts';

export interface FluoroscopySettings {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly seed: number;
  readonly heartRate: number;
  readonly breathsPerMinute: number;
  readonly bits: 8 | 10;
  /** Relative; the variance of the quantum noise goes as 1 / dose. */
  readonly dose: number;
}

/** The catheter as it lies in the picture, pixels. */
export interface CatheterPath {
  readonly tip: { readonly x: number; readonly y: number };
  /** x and y in turn, from where it enters the picture's field to the tip; the guide catheter first, then the wire. */
  readonly path: Float32Array;
  /** How many points of `path` are guide catheter. */
  readonly guidePoints: number;
}

/**
 * Coronary angiography with a guide catheter and a wire that advances. Frame n shows the time n / fps and is a function of
 * the settings and n alone.
 *
 * Optical depths of still tissue, moving tissue, contrast and catheter add up; intensity follows Lambert and Beer, scatter
 * adds a constant, and the quantum noise is Gaussian with a variance that is proportional to intensity over dose.
 *
 * Memory: about 6 bytes per pixel and 0.5 MB of noise, 13 MB at 1920x1080.
 */
export interface FluoroscopyScene {
  /** Writes width * height bytes (8 bits) or twice as many (10 bits, little-endian, 0..1023). `noise` false: the expectation. */
  render(frameIndex: number, target: Uint8Array, options?: { readonly noise?: boolean }): void;
  catheter(frameIndex: number): CatheterPath;
  /** Concentration of contrast at the ostium, 0..1. */
  contrast(frameIndex: number): number;
}

/** Unit of length in pixels is the shorter side; the shutters leave this much of it. */
const shutterHalf = 0.462;
const irisRadius = 0.548;
/** Per field unit, at full concentration: a vessel of 4 mm then has a depth of 0.8. */
const iodineAttenuation = 30;
const guideRadius = 0.0064;
const guideAttenuation = 34;
const wireRadius = 0.0013;
const wireAttenuation = 190;
const wireTipAttenuation = 520;
/** The radiopaque end of a coronary wire is 3 cm long. */
const wireTipLength = 0.19;
const scatterShare = 0.055;
/** Standard deviation of the noise at full intensity and dose 1, as share of it. */
const noiseShare = 0.04;
const runS = 8;
const noiseColumns = 1024;
const noiseRows = 512;
const noiseScale = 24;
const depthSteps = 4096;
const greyShift = 14;
/** Exposure control holds the lung near the upper end of the range. */
const brightestDepth = 0.2;

export function createFluoroscopyScene(settings: FluoroscopySettings): FluoroscopyScene {
  const { width, height, fps, seed } = settings;
  const cycle = createHeartCycle(settings.heartRate);
  const unit = Math.min(width, height);
  const centreX = (width - 1) / 2;
  const centreY = (height - 1) / 2;
  const field = createField(width, height, unit);
  const still = createStill(width, height, unit, seed);
  const moving = createMoving(width, height, unit, seed);
  const tree = createCoronaryTree(seed);
  const route = createRoute(tree.trunk, tree.distal);
  const vessels = createDepthPlane(width, height);
  const devices = createDepthPlane(width, height);
  const noiseTable = createNoise(seed);
  const brightest = settings.bits === 10 ? 1023 : 255;
  const { mean, deviation } = createResponse(brightest, settings.dose);
  const steps = new Uint16Array(width);
  const greys = new Uint16Array(width);
  const moved = new Float64Array(2);
  const before = new Float64Array(2);

  function drawBranch({ points, radii, fromOstium }: Branch, timeS: number, contraction: number, breath: number): void {
    // Wide vessels bend slowly: longer pieces overlap less.
    const stride = radii[0]! * unit > 4 ? 2 : 1;
    for (let index = stride; index < radii.length; index += stride) {
      const concentration = contrastAt(timeS, fromOstium[index]!);
      if (concentration < 0.02) continue;
      moveHeart(points[2 * (index - stride)]!, points[2 * (index - stride) + 1]!, contraction, breath, before);
      moveHeart(points[2 * index]!, points[2 * index + 1]!, contraction, breath, moved);
      drawTube(
        vessels,
        centreX + before[0]! * unit,
        centreY + before[1]! * unit,
        radii[index - stride]! * unit,
        centreX + moved[0]! * unit,
        centreY + moved[1]! * unit,
        radii[index]! * unit,
        (concentration * iodineAttenuation) / unit,
      );
    }
  }

  function drawDevices(timeS: number, contraction: number, breath: number): void {
    const count = devicePoints(route, timeS);
    moveHeart(route.points[0]!, route.points[1]!, contraction, breath, before);
    for (let index = 1; index < count; index++) {
      pointOnRoute(route, index, count, timeS, moved);
      moveHeart(moved[0]!, moved[1]!, contraction, breath, moved);
      const guide = index < route.guidePoints;
      const nearTip = (count - 1 - index) * route.spacing < wireTipLength;
      const radius = (guide ? guideRadius : wireRadius) * unit;
      const attenuation = guide ? guideAttenuation : nearTip ? wireTipAttenuation : wireAttenuation;
      drawTube(
        devices,
        centreX + before[0]! * unit,
        centreY + before[1]! * unit,
        radius,
        centreX + moved[0]! * unit,
        centreY + moved[1]! * unit,
        radius,
        attenuation / unit,
      );
      before.set(moved);
    }
  }

  function expectRow(y: number, from: number, to: number): void {
    const { rowDepths, columnOf, weightOf } = moving;
    const depths = vessels.depths;
    const start = y * width;
    for (let x = from; x < to; x++) {
      const column = columnOf[x]!;
      const left = rowDepths[column]!;
      const soft = left + ((weightOf[x]! * (rowDepths[column + 1]! - left)) >> 8);
      const depth = still[start + x]! + depths[start + x]! + soft;
      steps[x] = depth < depthSteps ? depth : depthSteps - 1;
    }
  }

  function exposeRow(from: number, to: number, noiseRow: number, noiseColumn: number): void {
    for (let x = from; x < to; x++) {
      const step = steps[x]!;
      const grey = (mean[step]! + deviation[step]! * noiseTable[noiseRow + ((x + noiseColumn) & (noiseColumns - 1))]!) >> greyShift;
      greys[x] = Math.max(0, Math.min(brightest, grey));
    }
  }

  function storeRow(target: Uint8Array, y: number, from: number, to: number): void {
    if (brightest === 255) {
      for (let x = from, at = y * width + from; x < to; x++, at++) target[at] = greys[x]!;
      return;
    }
    for (let x = from, at = 2 * (y * width + from); x < to; x++, at += 2) {
      target[at] = greys[x]!;
      target[at + 1] = greys[x]! >>> 8;
    }
  }

  return {
    contrast: (frameIndex) => contrastAt(frameIndex / fps, 0),
    render(frameIndex, target, options = {}) {
      const noise = options.noise ?? true;
      const timeS = frameIndex / fps;
      const contraction = 1 - cycle.volume(timeS);
      const breath = breathDepth(timeS, settings.breathsPerMinute);
      clearPlane(vessels);
      for (const branch of tree.branches) drawBranch(branch, timeS, contraction, breath);
      drawDevices(timeS, contraction, breath);
      addPlane(vessels, devices);
      moving.place(contraction, breath);

      const draw = mix(mix(seed, 31), frameIndex);
      const noiseColumn = draw & (noiseColumns - 1);
      target.fill(0);
      for (let y = 0; y < height; y++) {
        const from = field.starts[y]!;
        const to = field.ends[y]!;
        if (from >= to) continue;
        moving.takeRow(y);
        const noiseRow = ((y + (draw >>> 12)) & (noiseRows - 1)) * noiseColumns;
        expectRow(y, from, to);
        if (noise) exposeRow(from, to, noiseRow, noiseColumn);
        else for (let x = from; x < to; x++) greys[x] = mean[steps[x]!]! >> greyShift;
        storeRow(target, y, from, to);
      }
    },
    catheter(frameIndex) {
      const timeS = frameIndex / fps;
      const contraction = 1 - cycle.volume(timeS);
      const breath = breathDepth(timeS, settings.breathsPerMinute);
      const count = devicePoints(route, timeS);
      const inside: number[] = [];
      let guidePoints = 0;
      for (let index = 0; index < count; index++) {
        pointOnRoute(route, index, count, timeS, moved);
        moveHeart(moved[0]!, moved[1]!, contraction, breath, moved);
        const x = centreX + moved[0]! * unit;
        const y = centreY + moved[1]! * unit;
        const row = Math.round(y);
        if (inside.length === 0 && !(row >= 0 && row < height && field.ends[row]! > field.starts[row]!)) continue;
        inside.push(x, y);
        if (index < route.guidePoints) guidePoints++;
      }
      const path = Float32Array.from(inside);
      return { tip: { x: path.at(-2) as number, y: path.at(-1) as number }, path, guidePoints };
    },
  };
}

/** One injection every `runS` seconds: the front runs down the tree, clear blood follows and washes it out. */
function contrastAt(timeS: number, fromOstium: number): number {
  // A run begins with its vessels full: what a viewer sees first is an angiogram.
  const since = (timeS + 2.4) % runS;
  const arrivalS = 0.6 + fromOstium * 0.75;
  const washoutS = 3.6 + fromOstium * 1.1;
  const filling = smoothstep(arrivalS, arrivalS + 0.3, since);
  return filling * Math.exp(-Math.max(0, since - washoutS) / 0.55);
}

/** Guide catheter, then the centreline of the artery that the wire follows. */
function createRoute(trunk: Branch, distal: Branch) {
  const guide = guideCatheter();
  const start = Math.round(0.026 / 0.006);
  const points = Float64Array.from([...guide, ...trunk.points.subarray(2 * start), ...distal.points.subarray(2)]);
  return { points, guidePoints: guide.length / 2, spacing: 0.006 };
}

type Route = ReturnType<typeof createRoute>;

/** Share of the wire's way: pushed forward with pauses, left there, drawn back; one course takes 40 s. */
function wireShare(timeS: number): number {
  const now = (timeS + 8) % 40;
  const pushed = now / 22 + 0.018 * Math.sin(now * 2.4);
  const forward = Math.min(1, Math.max(0, pushed));
  return 0.16 + 0.76 * (now < 22 ? forward : 1 - smoothstep(29, 39, now));
}

/** Points of the route in use; the last one is the tip, which lies anywhere between two points of the route. */
function devicePoints(route: Route, timeS: number): number {
  return Math.ceil(routeReach(route, timeS)) + 1;
}

function routeReach(route: Route, timeS: number): number {
  const wirePoints = route.points.length / 2 - route.guidePoints;
  return route.guidePoints - 1 + wirePoints * wireShare(timeS);
}

function pointOnRoute(route: Route, index: number, count: number, timeS: number, out: Float64Array): void {
  const place = index === count - 1 ? routeReach(route, timeS) : index;
  const at = Math.min(route.points.length / 2 - 2, Math.floor(place));
  const share = place - at;
  const x0 = route.points[2 * at]!;
  const y0 = route.points[2 * at + 1]!;
  out[0] = x0 + share * (route.points[2 * at + 2]! - x0);
  out[1] = y0 + share * (route.points[2 * at + 3]! - y0);
}

/** Columns of every row that shutters and iris leave free. */
function createField(width: number, height: number, unit: number) {
  const starts = new Int32Array(height);
  const ends = new Int32Array(height);
  const centreX = (width - 1) / 2;
  const centreY = (height - 1) / 2;
  for (let y = 0; y < height; y++) {
    const down = Math.abs(y - centreY) / unit;
    if (down > shutterHalf) continue;
    const half = Math.min(shutterHalf, Math.sqrt(irisRadius * irisRadius - down * down)) * unit;
    starts[y] = Math.ceil(centreX - half);
    ends[y] = Math.floor(centreX + half) + 1;
  }
  return { starts, ends };
}

function createStill(width: number, height: number, unit: number, seed: number): Uint16Array {
  const step = Math.max(2, Math.round(unit / 256));
  const [depths] = coarseTables(height, width, step, 1, (row, column, out) => {
    const x = (column - (width - 1) / 2) / unit;
    const y = (row - (height - 1) / 2) / unit;
    const edge = Math.min(shutterHalf - Math.abs(x), shutterHalf - Math.abs(y), irisRadius - Math.hypot(x, y));
    // Penumbra of the shutters, and the fall-off of the image intensifier towards its rim.
    out[0] = edge < -0.03 ? 0 : stillDepth(x, y, seed) + 1.1 * smoothstep(0.012, -0.004, edge) + 0.12 * Math.hypot(x, y) ** 2;
  }) as [Float32Array];
  const plane = createDepthPlane(width, height);
  drawAttachments(plane, unit, (width - 1) / 2, (height - 1) / 2);
  const still = new Uint16Array(width * height);
  for (let at = 0; at < still.length; at++) still[at] = depths[at]! * depthUnit + plane.depths[at]!;
  return still;
}

/** The lead of an ECG electrode and two electrodes on the skin. */
function drawAttachments(plane: ReturnType<typeof createDepthPlane>, unit: number, centreX: number, centreY: number): void {
  let x0 = 0.395;
  for (let y = -0.44; y < 0.5; y += 0.01) {
    const x1 = 0.395 - 0.2 * (y + 0.45) ** 1.5;
    drawTube(
      plane,
      centreX + x0 * unit,
      centreY + (y - 0.01) * unit,
      0.0042 * unit,
      centreX + x1 * unit,
      centreY + y * unit,
      0.0042 * unit,
      14 / unit,
    );
    x0 = x1;
  }
  for (const [x, y] of [
    [0.135, -0.4],
    [0.41, -0.08],
  ] as const) {
    const px = centreX + x * unit;
    const py = centreY + y * unit;
    drawTube(plane, px, py, 0.007 * unit, px, py, 0.007 * unit, 70 / unit);
  }
}

/** Tissue that breathes and beats, on a coarse grid: its shadows are soft. */
function createMoving(width: number, height: number, unit: number, seed: number) {
  const step = Math.max(2, Math.round(unit / 190));
  const columns = Math.ceil(width / step) + 2;
  const rows = Math.ceil(height / step) + 2;
  // Only what lies under the field is moved; the picture may be much wider than the field.
  const reach = Math.ceil((shutterHalf * unit) / step) + 2;
  const firstColumn = Math.max(0, Math.floor(columns / 2) - reach);
  const lastColumn = Math.min(columns - 1, Math.ceil(columns / 2) + reach);
  const xOf = (column: number): number => (column * step - (width - 1) / 2) / unit;
  const yOf = (row: number): number => (row * step - (height - 1) / 2) / unit;

  const inField = (x: number, y: number): boolean => Math.abs(x) < shutterHalf + 0.1 && Math.abs(y) < shutterHalf + 0.1;
  const tissue = new Float32Array(rows * columns);
  const tables = Array.from({ length: 4 }, () => new Float32Array(rows * columns));
  const [contractX, contractY, breathX, breathY] = tables as [Float32Array, Float32Array, Float32Array, Float32Array];
  const out = new Float64Array(2);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++) {
      const x = xOf(column);
      const y = yOf(row);
      if (!inField(x, y)) continue;
      tissue[at] = movingDepth(x, y, seed) * depthUnit;
      const share = (heartShare(x, y) * unit) / step;
      moveHeart(x, y, 1, 0, out);
      contractX[at] = share * (x - out[0]!);
      contractY[at] = share * (y - out[1]!);
      moveHeart(x, y, 0, 1, out);
      breathX[at] = ((x - out[0]!) * unit) / step;
      breathY[at] = ((y - out[1]!) * unit) / step;
    }
  }
  const columnOf = new Uint16Array(width);
  const weightOf = new Int32Array(width);
  for (let x = 0; x < width; x++) {
    columnOf[x] = Math.floor(x / step);
    weightOf[x] = Math.round(256 * (x / step - Math.floor(x / step)));
  }
  const now = new Float32Array(rows * columns);
  const rowDepths = new Int32Array(columns);

  return {
    rowDepths,
    columnOf,
    weightOf,
    place(contraction: number, breath: number): void {
      for (let row = 0; row < rows; row++) {
        for (let column = firstColumn, at = row * columns + firstColumn; column <= lastColumn; column++, at++) {
          let x = column + contraction * contractX[at]! + breath * breathX[at]!;
          let y = row + contraction * contractY[at]! + breath * breathY[at]!;
          x = Math.max(0, Math.min(columns - 1.01, x));
          y = Math.max(0, Math.min(rows - 1.01, y));
          const left = x | 0;
          const above = y | 0;
          const u = x - left;
          const from = above * columns + left;
          const top = tissue[from]! + u * (tissue[from + 1]! - tissue[from]!);
          const bottom = tissue[from + columns]! + u * (tissue[from + columns + 1]! - tissue[from + columns]!);
          now[at] = top + (y - above) * (bottom - top);
        }
      }
    },
    takeRow(y: number): void {
      const row = Math.floor(y / step);
      const weight = y / step - row;
      for (let column = firstColumn, at = row * columns + firstColumn; column <= lastColumn; column++, at++) {
        rowDepths[column] = now[at]! + weight * (now[at + columns]! - now[at]!);
      }
    },
  };
}

/** Expected grey level with its rounding, and deviation of the noise per step of the noise table, both << greyShift, by optical depth. */
function createResponse(brightest: number, dose: number) {
  const mean = new Int32Array(depthSteps);
  const deviation = new Int32Array(depthSteps);
  const gain = (0.9 * brightest) / (Math.exp(-brightestDepth) + scatterShare);
  for (let step = 0; step < depthSteps; step++) {
    const intensity = Math.exp(-step / depthUnit) + scatterShare;
    mean[step] = (Math.min(brightest, gain * intensity) + 0.5) * 2 ** greyShift;
    deviation[step] = ((gain * noiseShare * Math.sqrt(intensity / dose)) / noiseScale) * 2 ** greyShift;
  }
  return { mean, deviation };
}

/** Gaussian noise [noiseRows][noiseColumns] with the detector's blur, deviation `noiseScale`; each frame reads it from another place. */
function createNoise(seed: number): Int8Array {
  const random = createRandom(mix(seed, 17));
  const white = new Float32Array(noiseColumns * noiseRows);
  for (let at = 0; at < white.length; at++) white[at] = random.gaussian();
  const centre = 0.9;
  const side = 0.22;
  const norm = noiseScale / (centre * centre + 2 * side * side);
  const across = new Float32Array(white.length);
  const mask = white.length - 1;
  for (let at = 0; at < white.length; at++) across[at] = centre * white[at]! + side * (white[(at - 1) & mask]! + white[(at + 1) & mask]!);
  const noise = new Int8Array(white.length);
  for (let at = 0; at < noise.length; at++) {
    const value = centre * across[at]! + side * (across[(at - noiseColumns) & mask]! + across[(at + noiseColumns) & mask]!);
    noise[at] = Math.max(-127, Math.min(127, Math.round(norm * value)));
  }
  return noise;
}
