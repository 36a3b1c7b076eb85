import type { Kernels } from '../../wasm/kernels.ts';
import { clamp, each, Plane, quotientOfQ15 } from './plane.ts';

type Time = 'steadyAverage' | 'countDifferences' | 'blockMotion' | 'followMotion';

interface Vector {
  readonly dx: number;
  readonly dy: number;
}

/** Readable twins of the kernels over time. */
export function timeTwins(buffer: ArrayBufferLike): Pick<Kernels, Time> {
  const bytes = new Uint8Array(buffer);
  const view = new DataView(buffer);
  const u8 = (at: number): number => bytes[at] as number;
  const vectorAt = (at: number): Vector => ({ dx: view.getInt8(at), dy: view.getInt8(at + 1) });

  return {
    steadyAverage(source, sourceStride, target, targetStride, width, height, history, counts, tables, longest, steepness) {
      const past = Float64Array.from({ length: width * height }, (_, at) => view.getInt16(history + 2 * at, true));
      const levels = new Plane(bytes, source, sourceStride, width, height);
      const differences = new Int16Array(width * height);
      each(width, height, (x, y) => {
        differences[y * width + x] = Math.floor((levels.at(x, y) * 128 - (past[y * width + x] as number)) / 32);
      });
      const difference = new Plane(differences, 0, width, width, height);
      each(width, height, (x, y) => {
        const at = y * width + x;
        const before = past[at] as number;
        const sum = difference.around(x, y, 1).reduce((total, value) => total + value, 0);
        const shade = clamp(Math.floor((before + 64) / 128), 255) >> 4;
        const lost = Math.max(Math.abs(sum) - 4 * u8(tables + shade), 0) >> steepness;
        const count = Math.max(u8(counts + at) - lost, 0);
        // Out of the table's range, which the stage never leaves, the kernel's look-up answers nought.
        const share = count < 16 ? u8(tables + 16 + count) * 256 + 255 : 255;
        const after = before + quotientOfQ15((levels.at(x, y) * 128 - before) * share);
        bytes[counts + at] = Math.min(count + 1, longest);
        view.setInt16(history + 2 * at, after, true);
        bytes[target + y * targetStride + x] = clamp(Math.floor((after + 64) / 128), 255);
      });
    },
    countDifferences(source, sourceStride, width, height, history, table) {
      bytes.fill(0, table, table + 4096);
      const levels = new Plane(bytes, source, sourceStride, width, height);
      const past = new Plane(
        Float64Array.from({ length: width * height }, (_, at) => view.getInt16(history + 2 * at, true)),
        0,
        width,
        width,
        height,
      );
      for (let y = 1; y < height - 1; y += 8) {
        for (let x = 1; x < width - 1; x += 8) {
          const before = past.around(x, y, 1);
          const difference = levels.around(x, y, 1).reduce((total, level, at) => total + level * 128 - (before[at] as number), 0);
          const step = Math.min(Math.abs(difference) >> 8, 63);
          const at = table + 4 * (((past.at(x, y) + 64) >> 11) * 64 + step);
          view.setUint32(at, view.getUint32(at, true) + 1, true);
        }
      }
    },
    blockMotion(source, sourceStride, before, width, height, vectors, stiffness, reach) {
      const [across, down] = [Math.ceil(width / 16), Math.ceil(height / 16)];
      each(across, down, (bx, by) => {
        const at = vectors + 2 * (by * across + bx);
        const [x, y] = [Math.min(bx * 16, width - 16), Math.min(by * 16, height - 16)];
        const cost = ({ dx, dy }: Vector): number => {
          if (Math.abs(dx) > reach || Math.abs(dy) > reach) return Infinity;
          if (x + dx < 0 || y + dy < 0 || x + dx + 16 > width || y + dy + 16 > height) return Infinity;
          let total = stiffness * (Math.abs(dx) + Math.abs(dy));
          each(16, 8, (i, line) => {
            const now = u8(source + (y + 2 * line) * sourceStride + x + i);
            total += Math.abs(now - u8(before + (y + dy + 2 * line) * width + x + dx + i));
          });
          return total;
        };
        let best: Vector = { dx: 0, dy: 0 };
        if (width >= 16 && height >= 16) {
          const above = at - 2 * across;
          const guesses = [vectorAt(at)];
          if (bx > 0) guesses.push(vectorAt(at - 2));
          if (by > 0) guesses.push(vectorAt(above));
          if (by > 0 && bx + 1 < across) guesses.push(vectorAt(above + 2));
          for (const guess of guesses) if (cost(guess) < cost(best)) best = guess;
          best = downhill(downhill(best, 2, cost), 1, cost);
        }
        view.setInt8(at, best.dx);
        view.setInt8(at + 1, best.dy);
      });
    },
    followMotion(history, counts, width, height, vectors, toHistory, toCounts) {
      const across = Math.ceil(width / 16);
      each(width, height, (x, y) => {
        const { dx, dy } = vectorAt(vectors + 2 * ((y >> 4) * across + (x >> 4)));
        // A block is moved in one piece: at the edge the whole of it stays within.
        const left = x & ~15;
        const from = clamp(y + dy, height - 1) * width + clamp(left + dx, width - Math.min(16, width - left)) + (x - left);
        view.setInt16(toHistory + 2 * (y * width + x), view.getInt16(history + 2 * from, true), true);
        bytes[toCounts + y * width + x] = u8(counts + from);
      });
    },
  };
}

/** At most eight walks; each tries the four directions from where it began and takes what is lower than all before. */
function downhill(from: Vector, step: number, cost: (vector: Vector) => number): Vector {
  let best = from;
  for (let walk = 0; walk < 8; walk++) {
    const start = best;
    for (const [dx, dy] of [
      [step, 0],
      [-step, 0],
      [0, step],
      [0, -step],
    ] as const) {
      const next = { dx: start.dx + dx, dy: start.dy + dy };
      if (cost(next) < cost(best)) best = next;
    }
    if (best === start) break;
  }
  return best;
}
