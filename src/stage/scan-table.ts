import type { ScanGeometry } from '../frame/scan-geometry.ts';

/** A picture of square pixels over the plane of a scan. */
export interface ScanPicture {
  readonly width: number;
  readonly height: number;
  readonly mmPerPixel: number;
  /** Where the middle of the probe's face lies, pixels; may be a fraction, may lie outside. */
  readonly probeX: number;
  readonly probeY: number;
}

/** Runs of a row at most: the face of a curved probe parts the uppermost rows in two. */
const runsPerRow = 4;
const runBytes = 8;

/** Byte offsets of the parts of the table of `scanConvert` (see wasm/kernels.ts) behind `at`. */
export function scanTableLayout(at: number, { width, height }: Pick<ScanPicture, 'width' | 'height'>) {
  const offsets = at + runsPerRow * runBytes * height;
  const fractions = offsets + 4 * width * height;
  return { runs: at, offsets, fractions, end: fractions + 2 * width * height };
}

/** Line and sample numbers of a place in millimetres right of and below the middle of the probe's face; fractions lie between. */
export function scanPlace(scan: ScanGeometry, lines: number, samples: number): (xMm: number, yMm: number) => readonly [number, number] {
  const perMm = (samples - 1) / (scan.depthEndMm - scan.depthStartMm);
  if (scan.kind === 'linear') {
    const linesPerMm = (lines - 1) / (scan.lineEndMm - scan.lineStartMm);
    return (xMm, yMm) => [(xMm - scan.lineStartMm) * linesPerMm, (yMm - scan.depthStartMm) * perMm];
  }
  const linesPerDeg = (lines - 1) / (scan.angleEndDeg - scan.angleStartDeg);
  return (xMm, yMm) => {
    const z = yMm + scan.radiusMm;
    const angleDeg = (Math.atan2(xMm, z) * 180) / Math.PI;
    return [(angleDeg - scan.angleStartDeg) * linesPerDeg, (Math.sqrt(xMm * xMm + z * z) - scan.radiusMm - scan.depthStartMm) * perMm];
  };
}

/** Writes the table at byte offset `at` and answers how many runs it has. `lineBytes`: from line to line in memory; `nearest`: the nearest sample instead of a blend of four. */
export function fillScanTable(
  memory: ArrayBufferLike,
  at: number,
  scan: ScanGeometry,
  size: { readonly lines: number; readonly samples: number; readonly lineBytes: number },
  picture: ScanPicture,
  nearest: boolean,
): number {
  const { lines, samples, lineBytes } = size;
  const { width, height, mmPerPixel, probeX, probeY } = picture;
  const layout = scanTableLayout(at, picture);
  const runs = new DataView(memory, layout.runs, layout.offsets - layout.runs);
  const offsets = new Uint32Array(memory, layout.offsets, width * height);
  const fractions = new Uint16Array(memory, layout.fractions, width * height);
  const placeOf = scanPlace(scan, lines, samples);
  let [runCount, pixel] = [0, 0];
  for (let y = 0; y < height; y++) {
    let [start, runsHere] = [-1, 0];
    for (let x = 0; x <= width; x++) {
      const [line, sample] = x < width ? placeOf((x - probeX) * mmPerPixel, (y - probeY) * mmPerPixel) : [-1, -1];
      const inside = line >= 0 && line <= lines - 1 && sample >= 0 && sample <= samples - 1;
      if (inside && start < 0 && runsHere < runsPerRow) start = x;
      if (inside && start >= 0) {
        const [onLine, along] = steps(sample, samples, nearest);
        const [between, across] = steps(line, lines, nearest);
        offsets[pixel] = between * lineBytes + onLine;
        fractions[pixel++] = along | (across << 8);
      }
      if (inside || start < 0) continue;
      runs.setUint16(runCount * runBytes, start, true);
      runs.setUint16(runCount * runBytes + 2, y, true);
      runs.setInt32(runCount * runBytes + 4, x - start, true);
      runCount++;
      runsHere++;
      start = -1;
    }
  }
  return runCount;
}

/** The place before a fractional one that has a neighbour behind it, and the way from there in 1/256. */
function steps(place: number, count: number, nearest: boolean): readonly [number, number] {
  const exact = nearest ? Math.floor(place + 0.5) : place;
  const before = Math.min(Math.floor(exact), count - 2);
  const fraction = Math.round((exact - before) * 256);
  if (fraction < 256) return [before, fraction];
  return before < count - 2 ? [before + 1, 0] : [before, 255];
}

/** The picture of a given height in which a whole scan just fits, at most `widest` pixels wide. */
export function fittedPicture(scan: ScanGeometry, height: number, widest: number): ScanPicture {
  const { left, right, top, bottom } = extentMm(scan);
  const mmPerPixel = Math.max((bottom - top) / (height - 1), (right - left) / (widest - 1));
  const width = Math.max(2, Math.ceil((right - left) / mmPerPixel - rounding) + 1);
  return { width, height, mmPerPixel, probeX: -left / mmPerPixel, probeY: -top / mmPerPixel };
}

/** The smallest rectangle of the picture around a scan, both ends inside; undefined where it shows nothing of it. */
export function scanBox(scan: ScanGeometry, { width, height, mmPerPixel, probeX, probeY }: ScanPicture) {
  const { left, right, top, bottom } = extentMm(scan);
  const x0 = Math.max(0, Math.ceil(left / mmPerPixel + probeX - rounding));
  const y0 = Math.max(0, Math.ceil(top / mmPerPixel + probeY - rounding));
  const x1 = Math.min(width - 1, Math.floor(right / mmPerPixel + probeX + rounding));
  const y1 = Math.min(height - 1, Math.floor(bottom / mmPerPixel + probeY + rounding));
  return x1 < x0 || y1 < y0 ? undefined : { x0, y0, x1, y1 };
}

/** Of a pixel: a border that lies on one should not lose it to the last bit of a sine. */
const rounding = 1e-6;

/** Around a scan, millimetres from the middle of the probe's face. */
function extentMm(scan: ScanGeometry): { left: number; right: number; top: number; bottom: number } {
  const [near, far] = [Math.min(scan.depthStartMm, scan.depthEndMm), Math.max(scan.depthStartMm, scan.depthEndMm)];
  if (scan.kind === 'linear') {
    return { left: Math.min(scan.lineStartMm, scan.lineEndMm), right: Math.max(scan.lineStartMm, scan.lineEndMm), top: near, bottom: far };
  }
  const { angleStartDeg, angleEndDeg, radiusMm } = scan;
  // Straight down and sideways a fan reaches farthest, where it goes there.
  const turns = [-90, 0, 90].filter((deg) => deg > Math.min(angleStartDeg, angleEndDeg) && deg < Math.max(angleStartDeg, angleEndDeg));
  const angles = [angleStartDeg, angleEndDeg, ...turns].map((deg) => (deg * Math.PI) / 180);
  const corners = angles.flatMap((angle) =>
    [near, far].map((depth) => [Math.sin(angle) * (radiusMm + depth), Math.cos(angle) * (radiusMm + depth) - radiusMm]),
  );
  const [xs, ys] = [corners.map(([x = 0]) => x), corners.map(([, y = 0]) => y)];
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}
