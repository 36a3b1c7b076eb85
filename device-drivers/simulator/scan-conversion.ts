import type { CalibrationRegion } from '../../src/frame/calibration.ts';
import type { Point } from './echo-anatomy.ts';
import type { HeartCycle } from './heart-cycle.ts';

/** The sector on the screen: polar grid to pixels, scale marks and the ECG strip below. */
export interface ScanConversion {
  readonly lines: number;
  readonly samples: number;
  readonly regions: readonly CalibrationRegion[];
  /** Writes the whole picture but for the trace: the grid [samples][lines] in the sector, black and scale marks outside. */
  draw(grid: Uint8Array, target: Uint8Array): void;
  drawEcg(target: Uint8Array, timeS: number, cycle: HeartCycle): void;
  pixelOf(line: number, sample: number): Point;
}

const sweepS = 4;
/** Depth that the gel and the probe's lens hide, as a share of the whole. */
const faceShare = 0.022;

export function createScanConversion(width: number, height: number, depthCm: number, halfAngle: number): ScanConversion {
  const top = Math.max(2, Math.round(height * 0.035));
  const stripHeight = Math.max(10, Math.round(height * 0.12));
  const side = Math.max(1, Math.round(width * 0.02));
  // Whole pixels from the probe to the deepest sample, so that the scale is exact on the middle line.
  const radius = Math.floor(Math.min(height - top - stripHeight - 3, (width / 2 - side) / Math.sin(halfAngle)));
  const centre = Math.floor(width / 2);
  const lines = width < 400 ? 128 : width < 1400 ? 160 : 192;
  const samples = Math.max(160, Math.min(560, radius));
  const cmPerPixel = depthCm / radius;

  const { starts, ends, cells } = sectorTable(height, top, centre, radius, halfAngle, lines, samples);
  const still = new Uint8Array(width * height);
  drawScale(still, width, height, top, centre, radius, halfAngle, depthCm);

  const stripTop = height - stripHeight;
  const stripLeft = side;
  const stripRight = width - 1 - side;
  const stripColumns = stripRight - stripLeft + 1;
  const sPerPixel = sweepS / stripColumns;
  const thickness = Math.max(1, Math.round(height / 600));
  const halfWidth = Math.ceil(radius * Math.sin(halfAngle));

  return {
    lines,
    samples,
    regions: [
      {
        kind: 'tissue',
        x0: centre - halfWidth,
        y0: top,
        x1: centre + halfWidth,
        y1: top + radius,
        unitX: 'cm',
        unitY: 'cm',
        deltaX: cmPerPixel,
        deltaY: cmPerPixel,
        referenceX: halfWidth,
        referenceY: 0,
        referenceValueX: 0,
        referenceValueY: 0,
      },
      {
        kind: 'ecg',
        x0: stripLeft,
        y0: stripTop,
        x1: stripRight,
        y1: height - 1,
        unitX: 's',
        unitY: 'none',
        deltaX: sPerPixel,
        deltaY: 1,
      },
    ],
    pixelOf(line, sample) {
      const angle = (line / (lines - 1)) * 2 * halfAngle - halfAngle;
      const distance = (sample / (samples - 1)) * radius;
      return { x: centre + distance * Math.sin(angle), y: top + distance * Math.cos(angle) };
    },
    draw(grid, target) {
      target.set(still);
      let next = 0;
      for (let y = top; y <= top + radius; y++) {
        const end = y * width + ends[y]!;
        for (let pixel = y * width + starts[y]!; pixel < end; pixel++) {
          const cell = cells[next++]!;
          const at = cell >>> 12;
          const u = (cell >>> 6) & 63;
          const v = cell & 63;
          const near = grid[at]! * (64 - u) + grid[at + 1]! * u;
          const far = grid[at + lines]! * (64 - u) + grid[at + lines + 1]! * u;
          target[pixel] = (near * (64 - v) + far * v + 2048) >>> 12;
        }
      }
    },
    drawEcg(target, timeS, cycle) {
      // The trace is written from left to right and begins again: the bar in front of the pen erases the sweep before.
      const pen = timeS - sweepS * Math.floor(timeS / sweepS);
      const penColumn = Math.floor(pen / sPerPixel);
      const gapColumns = Math.max(3, Math.round(stripColumns * 0.02));
      const usable = stripHeight - 4 - thickness;
      let before = -1;
      for (let column = 0; column < stripColumns; column++) {
        const ahead = column - penColumn;
        if (ahead > 0 && ahead <= gapColumns) {
          before = -1;
          continue;
        }
        const columnS = timeS - pen + column * sPerPixel - (ahead > 0 ? sweepS : 0);
        const share = (1.3 - cycle.ecgMillivolt(columnS)) / 1.7;
        const row = stripTop + 2 + Math.round(usable * Math.max(0, Math.min(1, share)));
        const from = before < 0 ? row : Math.min(row, before);
        const to = (before < 0 ? row : Math.max(row, before)) + thickness;
        for (let y = from; y < to; y++) target[y * width + stripLeft + column] = 190;
        before = row;
      }
      for (let y = stripTop + 2; y < height - 2; y++) target[y * width + stripLeft + penColumn] = 230;
    },
  };
}

/** For each row of the picture the columns of the sector, and for each of its pixels the cell (20 bits) and two weights (6 bits each). */
function sectorTable(height: number, top: number, centre: number, radius: number, halfAngle: number, lines: number, samples: number) {
  const face = radius * faceShare;
  const starts = new Int32Array(height);
  const ends = new Int32Array(height);
  let count = 0;
  for (let y = top; y <= top + radius; y++) {
    const down = y - top;
    // The face of the probe is a small arc: nothing is shown closer than that.
    const chord = down < face ? -1 : Math.min(down * Math.tan(halfAngle), Math.sqrt(radius * radius - down * down));
    starts[y] = Math.ceil(centre - chord);
    ends[y] = Math.floor(centre + chord) + 1;
    count += Math.max(0, ends[y]! - starts[y]!);
  }
  const cells = new Uint32Array(count);
  let next = 0;
  for (let y = top; y <= top + radius; y++) {
    for (let x = starts[y]!; x < ends[y]!; x++) {
      const down = y - top;
      const across = x - centre;
      const sample = Math.min(samples - 1.001, (Math.sqrt(down * down + across * across) / radius) * (samples - 1));
      const turn = (Math.atan2(across, down) + halfAngle) / (2 * halfAngle);
      const line = Math.max(0, Math.min(lines - 1.001, turn * (lines - 1)));
      const cell = Math.floor(sample) * lines + Math.floor(line);
      cells[next++] = (cell << 12) | (Math.floor((line % 1) * 64) << 6) | Math.floor((sample % 1) * 64);
    }
  }
  return { starts, ends, cells };
}

/** Depth marks beside the sector, a grey bar, and the mark that shows the probe's left side. */
function drawScale(
  still: Uint8Array,
  width: number,
  height: number,
  top: number,
  centre: number,
  radius: number,
  halfAngle: number,
  depthCm: number,
): void {
  const dot = (x: number, y: number, size: number, grey: number): void => {
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        const px = Math.round(x) + column;
        const py = Math.round(y) + row;
        if (px >= 0 && px < width && py >= 0 && py < height) still[py * width + px] = grey;
      }
    }
  };
  const small = Math.max(1, Math.round(height / 500));
  const aside = radius * 0.018 + 2;
  for (let cm = 1; cm <= depthCm; cm++) {
    const distance = (cm / depthCm) * radius;
    const size = cm % 5 === 0 ? 2 * small : small;
    const x = distance * Math.sin(halfAngle) + aside;
    const y = top + distance * Math.cos(halfAngle) - aside;
    dot(centre + x, y, size, 200);
    dot(centre - x, y, size, 200);
  }
  if (width < 200 || height < 150) return;
  const barTop = Math.round(height * 0.06);
  const barHeight = Math.round(height * 0.3);
  const barWidth = Math.max(4, Math.round(width * 0.014));
  for (let row = 0; row < barHeight; row++) {
    const grey = Math.round(255 * (1 - row / (barHeight - 1)));
    still.fill(grey, (barTop + row) * width + 4, (barTop + row) * width + 4 + barWidth);
  }
  const mark = Math.max(4, Math.round(height * 0.012));
  for (let row = 0; row < mark; row++) {
    const reach = Math.min(row, mark - row);
    for (let column = 0; column <= reach; column++) dot(centre - radius * 0.07 - column, top + row, 1, 220);
  }
}
