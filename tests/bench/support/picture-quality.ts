/** Figures of a filtered picture against the one it should be; levels 0 to 255, all pictures tight. */

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly levels: Uint8Array;
}

/** Peak signal to noise ratio in dB over the pixels of `mask`. */
export function psnr(picture: Picture, clean: Picture, mask: Uint8Array): number {
  let [sum, count] = [0, 0];
  for (let at = 0; at < mask.length; at++) {
    if (mask[at] === 0) continue;
    sum += ((picture.levels[at] as number) - (clean.levels[at] as number)) ** 2;
    count++;
  }
  return 10 * Math.log10((255 ** 2 * count) / Math.max(sum, 1e-9));
}

/**
 * Structural similarity (Wang, Bovik, Sheikh and Simoncelli, IEEE Trans. Image Processing 13:600, 2004) with the usual constants,
 * over boxes of 8x8 every four pixels whose middle lies in `mask`.
 */
export function ssim(picture: Picture, clean: Picture, mask: Uint8Array): number {
  const [c1, c2, n] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2, 64];
  let [total, boxes] = [0, 0];
  for (let y = 0; y + 8 <= clean.height; y += 4) {
    for (let x = 0; x + 8 <= clean.width; x += 4) {
      if (mask[(y + 4) * clean.width + x + 4] === 0) continue;
      const { a, b, aa, bb, ab } = sumsOfBox(picture, clean, x, y);
      const [ma, mb] = [a / n, b / n];
      const [va, vb, cov] = [aa / n - ma * ma, bb / n - mb * mb, ab / n - ma * mb];
      total += ((2 * ma * mb + c1) * (2 * cov + c2)) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
      boxes++;
    }
  }
  return total / boxes;
}

function sumsOfBox(picture: Picture, clean: Picture, x0: number, y0: number) {
  const sums = { a: 0, b: 0, aa: 0, bb: 0, ab: 0 };
  for (let y = y0; y < y0 + 8; y++) {
    for (let x = x0; x < x0 + 8; x++) {
      const [a, b] = [picture.levels[y * clean.width + x] as number, clean.levels[y * clean.width + x] as number];
      sums.a += a;
      sums.b += b;
      sums.aa += a * a;
      sums.bb += b * b;
      sums.ab += a * b;
    }
  }
  return sums;
}

/** Upper left corners of boxes of 16x16 in which the clean picture is bright enough and flat. */
export function flatBoxes(clean: Picture, mask: Uint8Array): number[] {
  const boxes: number[] = [];
  for (let y = 0; y + 16 <= clean.height; y += 16) {
    for (let x = 0; x + 16 <= clean.width; x += 16) {
      const { mean, variance } = momentsOfBox(clean, y * clean.width + x);
      if (mask[(y + 8) * clean.width + x + 8] !== 0 && mean > 30 && mean < 225 && variance < 6) boxes.push(y * clean.width + x);
    }
  }
  return boxes;
}

/** Speckle index (deviation over mean, the lower the calmer) and equivalent number of looks (mean squared over variance), medians over boxes. */
export function speckle(picture: Picture, boxes: readonly number[]): { index: number; looks: number } {
  const ratios = boxes.map((box) => {
    const { mean, variance } = momentsOfBox(picture, box);
    return Math.sqrt(variance) / Math.max(mean, 1);
  });
  const index = ratios.sort((a, b) => a - b)[ratios.length >> 1] ?? 0;
  return { index, looks: 1 / Math.max(index, 1e-3) ** 2 };
}

function momentsOfBox({ levels, width }: Picture, box: number): { mean: number; variance: number } {
  let [sum, squares] = [0, 0];
  for (let y = 0; y < 16; y++) {
    for (let x = 0; x < 16; x++) {
      const level = levels[box + y * width + x] as number;
      sum += level;
      squares += level * level;
    }
  }
  const mean = sum / 256;
  return { mean, variance: squares / 256 - mean * mean };
}

/**
 * Edge preservation within `radius` pixels of points: correlation of the Laplacians of both pictures (Sattar et al., IEEE Trans.
 * Image Processing 6:888, 1997), 1 where every edge is as it should be. `points`: x and y in turn.
 */
export function edgePreservation(picture: Picture, clean: Picture, points: ArrayLike<number>, radius: number): number {
  const near = new Set<number>();
  for (let point = 0; point + 1 < points.length; point += 2) {
    const [px, py] = [Math.round(points[point] as number), Math.round(points[point + 1] as number)];
    for (let y = py - radius; y <= py + radius; y++) {
      for (let x = px - radius; x <= px + radius; x++) {
        if (x > 1 && y > 1 && x < clean.width - 2 && y < clean.height - 2) near.add(y * clean.width + x);
      }
    }
  }
  let [aa, bb, ab] = [0, 0, 0];
  for (const at of near) {
    const [a, b] = [laplacian(picture, at), laplacian(clean, at)];
    aa += a * a;
    bb += b * b;
    ab += a * b;
  }
  return ab / Math.sqrt(Math.max(aa * bb, 1e-9));
}

/** Over a support of 5x5, so that it sees walls rather than single pixels. */
function laplacian({ levels, width }: Picture, at: number): number {
  let sum = 0;
  for (let dy = -2; dy <= 2; dy++) for (let dx = -2; dx <= 2; dx++) sum += levels[at + dy * width + dx] as number;
  let middle = 0;
  for (let dy = -1; dy <= 1; dy++) for (let dx = -1; dx <= 1; dx++) middle += levels[at + dy * width + dx] as number;
  return middle / 9 - (sum - middle) / 16;
}

const patchHalf = 16;

/** A square around a place, added up over frames: what noise is left falls away, what lags does not. */
export class TipPatch {
  readonly #sums = new Float64Array((2 * patchHalf + 1) ** 2);

  add({ levels, width, height }: Picture, tip: { readonly x: number; readonly y: number }): void {
    const [tx, ty] = [Math.round(tip.x), Math.round(tip.y)];
    let at = 0;
    for (let y = ty - patchHalf; y <= ty + patchHalf; y++) {
      for (let x = tx - patchHalf; x <= tx + patchHalf; x++) {
        const [cx, cy] = [Math.min(Math.max(x, 0), width - 1), Math.min(Math.max(y, 0), height - 1)];
        this.#sums[at] = (this.#sums[at] as number) + (levels[cy * width + cx] as number);
        at++;
      }
    }
  }

  /** How far the patch lies from `clean`, pixels, and how much of its contrast it has. */
  against(clean: TipPatch): { shiftPixels: number; contrast: number } {
    let best = { match: Number.NEGATIVE_INFINITY, dx: 0, dy: 0 };
    for (let dy = -4; dy <= 4; dy++) {
      for (let dx = -4; dx <= 4; dx++) {
        const { match } = this.#compare(clean, dx, dy);
        if (match > best.match) best = { match, dx, dy };
      }
    }
    const at = (dx: number, dy: number): number => this.#compare(clean, best.dx + dx, best.dy + dy).match;
    const vertex = (before: number, after: number): number => (before - after) / (2 * (before + after - 2 * best.match) || 1);
    const shift = Math.hypot(best.dx + vertex(at(-1, 0), at(1, 0)), best.dy + vertex(at(0, -1), at(0, 1)));
    return { shiftPixels: shift, contrast: this.#compare(clean, 0, 0).slope };
  }

  /** Correlation with the clean patch moved by (dx, dy), and the slope of this on that. */
  #compare(clean: TipPatch, dx: number, dy: number): { match: number; slope: number } {
    const side = 2 * patchHalf + 1;
    let [a, b, aa, bb, ab, n] = [0, 0, 0, 0, 0, 0];
    for (let y = 5; y < side - 5; y++) {
      for (let x = 5; x < side - 5; x++) {
        const own = this.#sums[(y + dy) * side + x + dx] as number;
        const other = clean.#sums[y * side + x] as number;
        a += own;
        b += other;
        aa += own * own;
        bb += other * other;
        ab += own * other;
        n++;
      }
    }
    const [cov, va, vb] = [ab - (a * b) / n, aa - (a * a) / n, bb - (b * b) / n];
    return { match: cov / Math.sqrt(Math.max(va * vb, 1e-9)), slope: cov / Math.max(vb, 1e-9) };
  }
}
