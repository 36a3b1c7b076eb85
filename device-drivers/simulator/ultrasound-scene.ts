import type { CalibrationRegion } from '../../src/frame/calibration.ts';
import { coarseTables } from './coarse-table.ts';
import { annulus, beforeContraction, breathShare, echogenicityDb, endocardium, type Point } from './echo-anatomy.ts';
import { breathDepth, createHeartCycle } from './heart-cycle.ts';
import { createRandom, mix } from './random.ts';
import { createScanConversion } from './scan-conversion.ts';

export interface UltrasoundSettings {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly seed: number;
  readonly depthCm: number;
  readonly heartRate: number;
  readonly breathsPerMinute: number;
}

/**
 * An apical four-chamber echo. Frame n shows the time n / fps and is a function of the settings and n alone.
 *
 * Scatterers are complex Gaussian numbers that belong to the tissue; each frame fetches them to where the tissue is now,
 * weighted with its echogenicity, adds receiver noise and convolves with the point spread function of the beam. The envelope
 * of that sum is Rayleigh distributed (Wagner et al. 1983) and moves with the tissue. It is compressed and scan converted.
 *
 * Memory: about 4 bytes per pixel of the sector and 40 bytes per cell of the polar grid (at most 192 x 560), 9 MB at 1920x1080.
 */
export interface UltrasoundScene {
  readonly regions: readonly CalibrationRegion[];
  readonly lines: number;
  readonly samples: number;
  /** Squared envelope of the last frame rendered, [samples][lines], before compression; 1 = mean of the septum. */
  readonly power: Float32Array;
  /** Writes width * height bytes. `noise` false: the same echogenicity without speckle and receiver noise. */
  render(frameIndex: number, target: Uint8Array, options?: { readonly noise?: boolean }): void;
  /** The left ventricular endocardium in pixels, x and y in turn, open at the mitral annulus. */
  ventricle(frameIndex: number): Float32Array;
  /** An R peak lies after the frame before (by default the last one) and not after this one. */
  rPeak(frameIndex: number, frameBefore?: number): boolean;
  /** Grey level of an echo of so many decibels. */
  grey(decibels: number): number;
  /** Pixel of a point of the polar grid; line and sample may be fractions. */
  pixelOf(line: number, sample: number): Point;
}

const halfAngle = Math.PI / 4;
const dynamicRangeDb = 58;
const brightestDb = 15;
/** Point spread function, standard deviations. 2.5 MHz, two and a half cycles: about 0.7 mm axially. */
const axialSigmaCm = 0.032;
const lateralSigmaRad = 0.0098;
const focusCm = 8;
const axialTaps = 3;
const lateralTaps = 5;
/** The tissue that can come into view: it may lie this far outside the sector. */
const marginCm = 2;
const marginLines = 16;
const breathCm: Point = { x: 0.18, y: 0.42 };
const leafletSteps = 72;

export function createUltrasoundScene(settings: UltrasoundSettings): UltrasoundScene {
  const { width, height, fps, seed, depthCm } = settings;
  const cycle = createHeartCycle(settings.heartRate);
  const sector = createScanConversion(width, height, depthCm, halfAngle);
  const { lines, samples } = sector;
  const cellCm = depthCm / (samples - 1);
  const cellRad = (2 * halfAngle) / (lines - 1);

  const tissue = createTissue(lines, samples, cellCm, cellRad, seed);
  const motion = createMotion(lines, samples, cellCm, cellRad);
  const kernels = createKernels(samples, cellCm, cellRad);
  const gains = createGains(lines, samples, cellCm);
  const compress = createCompression();
  const leaflets = createLeaflets(seed, cellCm, cellRad, lines, samples, motion);

  // Receiver noise: a table read from a random place in every frame and row.
  const noiseMask = 0xffff;
  const noiseTable = new Float32Array(noiseMask + 1 + lines);
  const noiseRandom = createRandom(mix(seed, 11));
  for (let i = 0; i < noiseTable.length; i++) noiseTable[i] = noiseRandom.gaussian() * Math.SQRT1_2;

  const stride = lines + 2 * lateralTaps;
  const rows = samples + 2 * axialTaps;
  const re = new Float32Array(rows * stride);
  const im = new Float32Array(rows * stride);
  const rowRe = new Float32Array(rows * lines);
  const rowIm = new Float32Array(rows * lines);
  const power = new Float32Array(samples * lines);
  const powerBits = new Uint32Array(power.buffer);
  const grey = new Uint8Array(samples * lines);

  // A frame that falls on the peak itself counts as after it, however the division rounds.
  const peaksUntil = (frameIndex: number): number => Math.floor(cycle.beats(frameIndex / fps) + 1e-9);

  /** Brings the tissue of this moment onto the grid. */
  function fetchTissue(contraction: number, breath: number, frameIndex: number, noise: boolean): void {
    const { refLines, refRows, amplitude, scatterRe, scatterIm } = tissue;
    const { contractRow, contractLine, breathRow, breathLine } = motion;
    const lastRow = refRows - 1;
    const lastLine = refLines - 1;
    for (let sample = 0; sample < samples; sample++) {
      const rowGain = gains.row[sample] as number;
      const noiseGain = noise ? (gains.noise[sample] as number) : 0;
      const noiseAt = mix(mix(seed, frameIndex), sample) & noiseMask;
      const noiseAtIm = (noiseAt ^ 0x5555) & noiseMask;
      let out = (sample + axialTaps) * stride + lateralTaps;
      let cell = sample * lines;
      for (let line = 0; line < lines; line++, out++, cell++) {
        let row = (sample + contraction * (contractRow[cell] as number) + breath * (breathRow[cell] as number) + 0.5) | 0;
        let column = (line + contraction * (contractLine[cell] as number) + breath * (breathLine[cell] as number) + marginLines + 0.5) | 0;
        if (row < 0) row = 0;
        else if (row > lastRow) row = lastRow;
        if (column < 0) column = 0;
        else if (column > lastLine) column = lastLine;
        const at = row * refLines + column;
        const gain = rowGain * (gains.line[line] as number);
        if (noise) {
          re[out] = gain * (scatterRe[at] as number) + noiseGain * (noiseTable[noiseAt + line] as number);
          im[out] = gain * (scatterIm[at] as number) + noiseGain * (noiseTable[noiseAtIm + line] as number);
        } else {
          re[out] = gain * (amplitude[at] as number);
        }
      }
    }
    if (!noise) im.fill(0);
  }

  function blurAcross(sums: Float32Array): void {
    for (let sample = 0; sample < samples; sample++) {
      const k = sample * (lateralTaps + 1);
      const [k0, k1, k2, k3, k4, k5] = [sums[k]!, sums[k + 1]!, sums[k + 2]!, sums[k + 3]!, sums[k + 4]!, sums[k + 5]!];
      const from = (sample + axialTaps) * stride + lateralTaps;
      const to = (sample + axialTaps) * lines;
      for (let line = 0; line < lines; line++) {
        const i = from + line;
        rowRe[to + line] =
          k0 * re[i]! +
          k1 * (re[i - 1]! + re[i + 1]!) +
          k2 * (re[i - 2]! + re[i + 2]!) +
          k3 * (re[i - 3]! + re[i + 3]!) +
          k4 * (re[i - 4]! + re[i + 4]!) +
          k5 * (re[i - 5]! + re[i + 5]!);
        rowIm[to + line] =
          k0 * im[i]! +
          k1 * (im[i - 1]! + im[i + 1]!) +
          k2 * (im[i - 2]! + im[i + 2]!) +
          k3 * (im[i - 3]! + im[i + 3]!) +
          k4 * (im[i - 4]! + im[i + 4]!) +
          k5 * (im[i - 5]! + im[i + 5]!);
      }
    }
  }

  function blurAlongAndCompress(sums: Float32Array): void {
    const [k0, k1, k2, k3] = [sums[0]!, sums[1]!, sums[2]!, sums[3]!];
    const step = lines;
    for (let sample = 0; sample < samples; sample++) {
      const from = (sample + axialTaps) * lines;
      const to = sample * lines;
      for (let line = 0; line < lines; line++) {
        const i = from + line;
        const a =
          k0 * rowRe[i]! +
          k1 * (rowRe[i - step]! + rowRe[i + step]!) +
          k2 * (rowRe[i - 2 * step]! + rowRe[i + 2 * step]!) +
          k3 * (rowRe[i - 3 * step]! + rowRe[i + 3 * step]!);
        const b =
          k0 * rowIm[i]! +
          k1 * (rowIm[i - step]! + rowIm[i + step]!) +
          k2 * (rowIm[i - 2 * step]! + rowIm[i + 2 * step]!) +
          k3 * (rowIm[i - 3 * step]! + rowIm[i + 3 * step]!);
        power[to + line] = a * a + b * b;
        grey[to + line] = compress.table[powerBits[to + line]! >>> 16]!;
      }
    }
  }

  return {
    regions: sector.regions,
    lines,
    samples,
    power,
    grey: compress.grey,
    pixelOf: sector.pixelOf,
    rPeak: (frameIndex, frameBefore = frameIndex - 1) => frameIndex > 0 && peaksUntil(frameIndex) > peaksUntil(frameBefore),
    render(frameIndex, target, options = {}) {
      const noise = options.noise ?? true;
      const timeS = frameIndex / fps;
      const contraction = 1 - cycle.volume(timeS);
      const breath = breathDepth(timeS, settings.breathsPerMinute);
      fetchTissue(contraction, breath, frameIndex, noise);
      leaflets.draw(re, im, stride, contraction, breath, cycle.inflow(timeS), gains, noise);
      blurAcross(noise ? kernels.lateralPower : kernels.lateralMean);
      blurAlongAndCompress(noise ? kernels.axialPower : kernels.axialMean);
      sector.draw(grey, target);
      sector.drawEcg(target, timeS, cycle);
    },
    ventricle(frameIndex) {
      const timeS = frameIndex / fps;
      const contraction = 1 - cycle.volume(timeS);
      const breath = breathDepth(timeS, settings.breathsPerMinute);
      const contour = endocardium(65);
      const pixels = new Float32Array(contour.length * 2);
      for (const [index, point] of contour.entries()) {
        const now = motion.forward(point, contraction, breath);
        const pixel = sector.pixelOf(now.line, now.sample);
        pixels[2 * index] = pixel.x;
        pixels[2 * index + 1] = pixel.y;
      }
      return pixels;
    },
  };
}

/** The tissue at end diastole on the polar grid with margins: amplitude, and scatterers weighted with it. */
function createTissue(lines: number, samples: number, cellCm: number, cellRad: number, seed: number) {
  const refLines = lines + 2 * marginLines;
  const refRows = samples + Math.ceil(marginCm / cellCm);
  const [decibels] = coarseTables(refRows, refLines, 2, 1, (row, column, out) => {
    const angle = (column - marginLines) * cellRad - halfAngle;
    out[0] = echogenicityDb(row * cellCm * Math.sin(angle), row * cellCm * Math.cos(angle), seed);
  }) as [Float32Array];
  const amplitude = new Float32Array(refLines * refRows);
  const scatterRe = new Float32Array(refLines * refRows);
  const scatterIm = new Float32Array(refLines * refRows);
  const random = createRandom(mix(seed, 5));
  for (let at = 0; at < amplitude.length; at++) {
    const weight = 10 ** (decibels[at]! / 20);
    amplitude[at] = weight;
    scatterRe[at] = weight * random.gaussian() * Math.SQRT1_2;
    scatterIm[at] = weight * random.gaussian() * Math.SQRT1_2;
  }
  return { refLines, refRows, amplitude, scatterRe, scatterIm };
}

/** How many rows and lines away the tissue of a cell was: per unit of contraction, and per unit of breath. */
function createMotion(lines: number, samples: number, cellCm: number, cellRad: number) {
  const tables = coarseTables(samples, lines, 4, 4, (sample, line, out) => {
    const angle = line * cellRad - halfAngle;
    const x = sample * cellCm * Math.sin(angle);
    const y = sample * cellCm * Math.cos(angle);
    const before = beforeContraction(x, y);
    const share = breathShare(y);
    const expired = { x: x - share * breathCm.x, y: y - share * breathCm.y };
    const lineOf = (point: Point): number => (Math.atan2(point.x, point.y) + halfAngle) / cellRad - line;
    // At the probe's face every direction is the same place: there is nothing to turn.
    const turns = share > 0 ? 1 : 0;
    out[0] = Math.hypot(before.x, before.y) / cellCm - sample;
    out[1] = turns * lineOf(before);
    out[2] = Math.hypot(expired.x, expired.y) / cellCm - sample;
    out[3] = turns * lineOf(expired);
  });
  const [contractRow, contractLine, breathRow, breathLine] = tables as [Float32Array, Float32Array, Float32Array, Float32Array];

  const at = (table: Float32Array, line: number, sample: number): number => {
    const x = Math.max(0, Math.min(lines - 1.001, line));
    const y = Math.max(0, Math.min(samples - 1.001, sample));
    const i = Math.floor(y) * lines + Math.floor(x);
    const u = x - Math.floor(x);
    const v = y - Math.floor(y);
    return (table[i]! * (1 - u) + table[i + 1]! * u) * (1 - v) + (table[i + lines]! * (1 - u) + table[i + lines + 1]! * u) * v;
  };

  /** Where tissue of the given place at end diastole is now; the fields lead back in time, so their inverse is iterated. */
  const forward = (point: Point, contraction: number, breath: number): { line: number; sample: number } => {
    const line0 = (Math.atan2(point.x, point.y) + halfAngle) / cellRad;
    const sample0 = Math.hypot(point.x, point.y) / cellCm;
    let line = line0;
    let sample = sample0;
    for (let step = 0; step < 12; step++) {
      const back = { line: contraction * at(contractLine, line, sample), sample: contraction * at(contractRow, line, sample) };
      back.line += breath * at(breathLine, line, sample);
      back.sample += breath * at(breathRow, line, sample);
      line = line0 - back.line;
      sample = sample0 - back.sample;
    }
    return { line, sample };
  };
  return { contractRow, contractLine, breathRow, breathLine, forward };
}

/** Half kernels, centre first. `Power` keeps the mean power of random scatterers, `Mean` keeps the amplitude. */
function createKernels(samples: number, cellCm: number, cellRad: number) {
  const axialSigma = Math.min(1.6, Math.max(0.6, axialSigmaCm / cellCm));
  const axialPower = new Float32Array(axialTaps + 1);
  const axialMean = new Float32Array(axialTaps + 1);
  fillKernel(axialPower, 0, axialTaps, axialSigma, true);
  fillKernel(axialMean, 0, axialTaps, axialSigma, false);

  const lateralPower = new Float32Array(samples * (lateralTaps + 1));
  const lateralMean = new Float32Array(samples * (lateralTaps + 1));
  for (let sample = 0; sample < samples; sample++) {
    const depth = Math.max(0.5, sample * cellCm);
    // Out of focus the beam is wider; in the near field the aperture itself is.
    const defocus = Math.abs(1 / depth - 1 / focusCm) * 2.2 + Math.max(0, depth - focusCm) * 0.075;
    const sigma = Math.min(2.6, Math.max(0.6, (lateralSigmaRad / cellRad) * Math.hypot(1, defocus)));
    fillKernel(lateralPower, sample * (lateralTaps + 1), lateralTaps, sigma, true);
    fillKernel(lateralMean, sample * (lateralTaps + 1), lateralTaps, sigma, false);
  }
  return { axialPower, axialMean, lateralPower, lateralMean };
}

function fillKernel(kernel: Float32Array, from: number, taps: number, sigma: number, keepPower: boolean): void {
  let sum = 0;
  for (let tap = 0; tap <= taps; tap++) {
    const weight = Math.exp(-0.5 * (tap / sigma) ** 2);
    kernel[from + tap] = weight;
    sum += (tap === 0 ? 1 : 2) * (keepPower ? weight * weight : weight);
  }
  const norm = keepPower ? Math.sqrt(sum) : sum;
  for (let tap = 0; tap <= taps; tap++) kernel[from + tap]! /= norm;
}

/** What attenuation and the time gain curve leave of an echo, by depth and by line, and the receiver noise they amplify. */
function createGains(lines: number, samples: number, cellCm: number) {
  const row = new Float32Array(samples);
  const noise = new Float32Array(samples);
  const line = new Float32Array(lines);
  for (let sample = 0; sample < samples; sample++) {
    const depth = sample * cellCm;
    const residualDb = -0.2 * Math.max(0, depth - focusCm) + 1.5 * Math.exp(-(((depth - focusCm) / 3) ** 2));
    row[sample] = 10 ** (residualDb / 20);
    noise[sample] = 10 ** ((-43 + 0.45 * depth) / 20);
  }
  for (let index = 0; index < lines; index++) {
    // A phased array loses aperture when it steers to the side.
    const steer = Math.abs((2 * index) / (lines - 1) - 1);
    line[index] = 10 ** ((-9 * steer ** 4) / 20);
  }
  return { row, line, noise };
}

/**
 * Log compression through the bits of the float: its sign, exponent and seven bits of mantissa number the steps of a
 * table that are 0.05 dB or less apart.
 */
function createCompression() {
  const grey = (decibels: number): number => {
    const share = Math.max(0, Math.min(1, (decibels - brightestDb + dynamicRangeDb) / dynamicRangeDb));
    // A gentle S keeps blood black and walls bright, as the post-processing curves of cardiac presets do.
    return 255 * (0.35 * share + 0.65 * share * share * (1.75 - 0.75 * share));
  };
  const bits = new Uint32Array(1);
  const value = new Float32Array(bits.buffer);
  const table = new Uint8Array(0x8000);
  for (let index = 0; index < table.length; index++) {
    bits[0] = (index << 16) | 0x8000;
    table[index] = Number.isFinite(value[0]) ? Math.round(grey(10 * Math.log10(value[0] as number))) : 255;
  }
  return { grey, table };
}

type Motion = ReturnType<typeof createMotion>;
type Gains = ReturnType<typeof createGains>;

/** Length in cm, closed and open angle from the line between the hinges; `towards` is the side of the other leaflet. */
const valves = [
  { from: annulus.mitralSeptal, to: annulus.mitralLateral, lengthCm: 2.15, closed: 0.2, open: 1.3, db: 6 },
  { from: annulus.mitralLateral, to: annulus.mitralSeptal, lengthCm: 1.5, closed: 0.24, open: 1.35, db: 3 },
  { from: annulus.tricuspidSeptal, to: annulus.tricuspidLateral, lengthCm: 1.6, closed: 0.14, open: 1.15, db: 0 },
  { from: annulus.tricuspidLateral, to: annulus.tricuspidSeptal, lengthCm: 2.0, closed: 0.16, open: 1.3, db: -1 },
] as const;

/** The leaflets of both inflow valves, drawn over the tissue as thin rows of their own scatterers. */
function createLeaflets(seed: number, cellCm: number, cellRad: number, lines: number, samples: number, motion: Motion) {
  const random = createRandom(mix(seed, 7));
  const layers = 3;
  const scatterRe = new Float32Array(valves.length * leafletSteps * layers);
  const scatterIm = new Float32Array(scatterRe.length);
  for (let i = 0; i < scatterRe.length; i++) {
    // A smooth surface reflects: its phase varies, its amplitude little.
    const phase = 2 * Math.PI * random.uniform();
    const size = 0.8 + 0.4 * random.uniform();
    scatterRe[i] = size * Math.cos(phase);
    scatterIm[i] = size * Math.sin(phase);
  }
  const place = (point: Point, contraction: number, breath: number): Point => {
    const { line, sample } = motion.forward(point, contraction, breath);
    const angle = line * cellRad - halfAngle;
    return { x: sample * cellCm * Math.sin(angle), y: sample * cellCm * Math.cos(angle) };
  };

  return {
    draw(
      re: Float32Array,
      im: Float32Array,
      stride: number,
      contraction: number,
      breath: number,
      opening: number,
      gains: Gains,
      noise: boolean,
    ): void {
      let at = 0;
      for (const valve of valves) {
        const hinge = place(valve.from, contraction, breath);
        const other = place(valve.to, contraction, breath);
        const side = other.x > hinge.x ? 1 : -1;
        const along = Math.atan2(other.y - hinge.y, (other.x - hinge.x) * side);
        const angle = valve.closed + (valve.open - valve.closed) * opening;
        const amplitude = 10 ** (valve.db / 20);
        for (let step = 0; step < leafletSteps; step++) {
          const share = step / (leafletSteps - 1);
          // The tip lags behind the body of the leaflet when it opens.
          const turn = angle * (1 - 0.35 * share * opening) - along;
          for (let layer = 0; layer < layers; layer++, at++) {
            const x = hinge.x + side * share * valve.lengthCm * Math.cos(turn);
            const y = hinge.y - share * valve.lengthCm * Math.sin(turn) + (layer - 1) * 0.035;
            const line = Math.round((Math.atan2(x, y) + halfAngle) / cellRad);
            const sample = Math.round(Math.hypot(x, y) / cellCm);
            if (line < 0 || line >= lines || sample < 0 || sample >= samples) continue;
            const out = (sample + axialTaps) * stride + lateralTaps + line;
            const weight = amplitude * (1.15 - 0.4 * share) * gains.row[sample]! * gains.line[line]!;
            re[out] = noise ? weight * scatterRe[at]! : weight;
            im[out] = noise ? weight * scatterIm[at]! : 0;
          }
        }
      }
    },
  };
}
