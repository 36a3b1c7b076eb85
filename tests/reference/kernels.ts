import type { Kernels } from '../../wasm/kernels.ts';
import { detailTwins } from './detail.ts';
import { geometryTwins } from './geometry.ts';
import { pixelTwins } from './pixels.ts';
import { spaceTwins } from './space.ts';
import { timeTwins } from './time.ts';
import { toneTwins } from './tone.ts';
import { ultrasoundTwins } from './ultrasound.ts';

/**
 * Readable twins of the kernels, over the same memory and with the same arguments: what a kernel means, pixel by pixel.
 */
export function twins(buffer: ArrayBufferLike): Kernels {
  const bytes = new Uint8Array(buffer);
  const y16 = (at: number): number => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
  const view = new DataView(buffer);
  const u8 = (at: number): number => bytes[at] as number;
  const blended = (pixel: number, level: number, alpha: number): number => Math.round((pixel * (255 - alpha) + level * alpha) / 255);

  return {
    windowGrey(source, sourceStride, target, targetStride, width, height, low, gain) {
      const levelOf = windowed(low, gain, 255);
      each(width, height, (x, y) => {
        bytes[target + y * targetStride + x] = levelOf(u8(source + y * sourceStride + x));
      });
    },
    windowY16(source, sourceStride, target, targetStride, width, height, low, gain) {
      const levelOf = windowed(low, gain, 65_535);
      each(width, height, (x, y) => {
        bytes[target + y * targetStride + x] = levelOf(y16(source + y * sourceStride + 2 * x));
      });
    },
    colourMap(source, sourceStride, target, targetStride, width, height, table) {
      each(width, height, (x, y) => {
        const colour = table + 4 * u8(source + y * sourceStride + x);
        for (let c = 0; c < 3; c++) bytes[target + y * targetStride + 3 * x + c] = u8(colour + c);
      });
    },
    persistence(source, sourceStride, target, targetStride, width, height, history, share, threshold, ramp) {
      each(width, height, (x, y) => {
        const at = history + 2 * (y * width + x);
        const before = view.getInt16(at, true);
        const difference = u8(source + y * sourceStride + x) * 128 - before;
        const excess = clamp(Math.abs(difference) - threshold, 32_767 >> ramp);
        const alpha = Math.min(share + excess * 2 ** ramp, 32_767);
        const after = before + Math.floor((difference * alpha) / 32_768 + 0.5);
        view.setInt16(at, after, true);
        bytes[target + y * targetStride + x] = Math.floor((after + 64) / 128);
      });
    },
    startHistory(source, sourceStride, width, height, history) {
      each(width, height, (x, y) => view.setInt16(history + 2 * (y * width + x), u8(source + y * sourceStride + x) * 128, true));
    },
    median3(source, sourceStride, target, targetStride, width, height) {
      each(width, height, (x, y) => {
        const around: number[] = [];
        for (const dy of [-1, 0, 1]) {
          for (const dx of [-1, 0, 1]) around.push(u8(source + clamp(y + dy, height - 1) * sourceStride + clamp(x + dx, width - 1)));
        }
        bytes[target + y * targetStride + x] = around.sort((a, b) => a - b)[4] as number;
      });
    },
    overlayGrey(source, sourceStride, target, targetStride, width, height, level, alpha) {
      each(width, height, (x, y) => {
        const at = y * width + x;
        bytes[target + y * targetStride + x] = blended(u8(source + y * sourceStride + x), u8(level + at), u8(alpha + at));
      });
    },
    overlayRgb(source, sourceStride, target, targetStride, width, height, level, alpha) {
      each(width * 3, height, (i, y) => {
        const at = y * width + Math.floor(i / 3);
        bytes[target + y * targetStride + i] = blended(u8(source + y * sourceStride + i), u8(level + at), u8(alpha + at));
      });
    },
    greyToRgba(source, target, pixels) {
      for (let i = 0; i < pixels; i++) bytes.set([u8(source + i), u8(source + i), u8(source + i), 255], target + 4 * i);
    },
    rgbToRgba(source, target, pixels) {
      for (let i = 0; i < pixels; i++) bytes.set([...bytes.subarray(source + 3 * i, source + 3 * i + 3), 255], target + 4 * i);
    },
    y16ToRgba(source, target, pixels, low, gain) {
      const levelOf = windowed(low, gain, 65_535);
      for (let i = 0; i < pixels; i++) {
        const grey = levelOf(y16(source + 2 * i));
        bytes.set([grey, grey, grey, 255], target + 4 * i);
      }
    },
    ...pixelTwins(buffer),
    ...toneTwins(buffer),
    ...geometryTwins(buffer),
    ...ultrasoundTwins(buffer),
    ...spaceTwins(buffer),
    ...timeTwins(buffer),
    ...detailTwins(buffer),
  };
}

function each(width: number, height: number, visit: (x: number, y: number) => void): void {
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) visit(x, y);
}

const clamp = (value: number, last: number): number => Math.min(Math.max(value, 0), last);

/** Stored value → grey level: 0 at `low`, `gain` levels per stored value, in the kernels' fixed point of 1/32 level. */
function windowed(low: number, gain: number, most: number): (value: number) => number {
  const direct = directly(low, gain, most);
  if (direct !== undefined) return direct;
  const whole = clamp(Math.floor(low), 65_535);
  const slope = Math.min(gain, 255);
  const inside = Math.floor(low) + 1;
  // Under one stored value wide, the window holds one whole number at most: its level decides, the next is white.
  const base = gain <= 255 ? (whole - low) * gain : Math.min((inside - low) * gain, 255) + 255 * (whole - inside);
  const reach = Math.ceil((255 - base) / slope);
  let stretch = 32_768;
  while (stretch > 1 && Math.floor(65_535 / stretch) < reach) stretch /= 2;
  const factor = Math.min(Math.floor((slope * 2 ** 21) / stretch + 0.5), 32_767);
  const offset = Math.min(Math.max(Math.floor(base * 32 + 16.5), -32_768), 32_767);
  return (value) => {
    const above = Math.floor((clamp(value - whole, Math.floor(65_535 / stretch)) * stretch) / 2);
    const level = Math.floor((above * factor) / 32_768 + 0.5) + offset;
    return clamp(Math.floor(Math.min(level, 32_767) / 32), 255);
  };
}

/** The same where one rounded product of Q15 does: value and `low` in units of 1/2^shift, so that the white end fills fifteen bits. */
function directly(low: number, gain: number, most: number): ((value: number) => number) | undefined {
  if (low < 0 || low >= most || gain > 64) return undefined;
  const top = Math.min(Math.ceil(low + 256 / gain), most);
  let shift = 1;
  while (shift < 7 && top * 2 ** (shift + 1) <= 32_767) shift++;
  const exact = (gain * 32_768) / 2 ** shift;
  if (top * 2 ** shift > 32_767 || exact > 32_767 || exact < 250) return undefined;
  const [factor, black] = [Math.floor(exact + 0.5), Math.floor(low * 2 ** shift + 0.5)];
  return (value) => clamp(Math.floor(((Math.min(value, top) * 2 ** shift - black) * factor) / 32_768 + 0.5), 255);
}
