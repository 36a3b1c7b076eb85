import type { Palette } from './palette.ts';

/** Decoded samples and what they mean. */
export interface Samples {
  /** 8-bit samples one byte each, 16-bit samples little-endian. */
  readonly bytes: Uint8Array;
  readonly bitsAllocated: 8 | 16;
  readonly planar: boolean;
}

/** Grey values of `bitsStored` bits in the low bits below `highBit`; `signed` ones are shifted to start at zero. */
export interface GreyLayout {
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
  readonly inverted: boolean;
}

/** MONOCHROME1/2 → GREY (up to 8 bits stored) or Y16; larger is brighter. */
export function greyPixels(samples: Samples, layout: GreyLayout, pixels: number, target: Uint8Array): void {
  const { bitsStored, highBit, signed, inverted } = layout;
  const shift = Math.max(0, highBit + 1 - bitsStored);
  const top = 2 ** bitsStored - 1;
  const half = signed ? 2 ** (bitsStored - 1) : 0;
  const { bytes } = samples;
  const wide = samples.bitsAllocated === 16;
  for (let i = 0; i < pixels; i++) {
    const stored = wide ? (bytes[2 * i] as number) | ((bytes[2 * i + 1] as number) << 8) : (bytes[i] as number);
    // Overlays may hide above and below the stored bits; two's complement plus half its range is a flipped top bit.
    let value = ((stored >> shift) & top) ^ half;
    if (inverted) value = top - value;
    if (bitsStored <= 8) target[i] = value;
    else {
      target[2 * i] = value & 0xff;
      target[2 * i + 1] = value >> 8;
    }
  }
}

/** Looks every value of GREY or Y16 up in a curve, in place. */
export function curvedPixels(curve: Uint16Array, wide: boolean, target: Uint8Array): void {
  for (let i = 0; i < target.length; i += wide ? 2 : 1) {
    const level = curve[wide ? (target[i] as number) | ((target[i + 1] as number) << 8) : (target[i] as number)] as number;
    target[i] = level & 0xff;
    if (wide) target[i + 1] = level >> 8;
  }
}

/** RGB, interleaved or planar, 8 or 16 bits → RGB24; of 16 bits the high byte is kept. */
export function rgbPixels({ bytes, bitsAllocated, planar }: Samples, pixels: number, target: Uint8Array): void {
  const step = bitsAllocated / 8;
  for (let i = 0; i < pixels; i++) {
    for (let c = 0; c < 3; c++) {
      const sample = planar ? c * pixels + i : 3 * i + c;
      target[3 * i + c] = bytes[sample * step + step - 1] as number;
    }
  }
}

/** YBR_FULL (PS3.3 C.7.6.3.1.2, ITU-R BT.601 full range) → RGB24. */
export function ybrPixels({ bytes, planar }: Samples, pixels: number, target: Uint8Array): void {
  for (let i = 0; i < pixels; i++) {
    const [y, cb, cr] = planar ? [i, pixels + i, 2 * pixels + i] : [3 * i, 3 * i + 1, 3 * i + 2];
    ybrToRgb(bytes[y] as number, bytes[cb] as number, bytes[cr] as number, target, 3 * i);
  }
}

/** Uncompressed YBR_FULL_422: two pixels in the bytes Y1 Y2 Cb Cr. */
export function ybr422Pixels(bytes: Uint8Array, pixels: number, target: Uint8Array): void {
  for (let i = 0; i < pixels; i++) {
    const pair = (i >> 1) * 4;
    ybrToRgb(bytes[pair + (i & 1)] as number, bytes[pair + 2] as number, bytes[pair + 3] as number, target, 3 * i);
  }
}

function ybrToRgb(y: number, cb: number, cr: number, target: Uint8Array, at: number): void {
  const b = cb - 128;
  const r = cr - 128;
  target[at] = bounded(y + 1.402 * r);
  target[at + 1] = bounded(y - 0.344136 * b - 0.714136 * r);
  target[at + 2] = bounded(y + 1.772 * b);
}

const bounded = (value: number): number => (value < 0 ? 0 : value > 255 ? 255 : Math.round(value));

/** PALETTE COLOR → RGB24. */
export function palettePixels(samples: Samples, layout: GreyLayout, palette: Palette, pixels: number, target: Uint8Array): void {
  const { bytes, bitsAllocated } = samples;
  // What is above the stored bits goes to the top and comes back with its sign, or without.
  const [up, down] = [32 - layout.bitsStored - Math.max(0, layout.highBit + 1 - layout.bitsStored), 32 - layout.bitsStored];
  const { firstMapped, red, green, blue } = palette;
  const last = red.length - 1;
  const wide = bitsAllocated === 16;
  for (let i = 0; i < pixels; i++) {
    const stored = wide ? (bytes[2 * i] as number) | ((bytes[2 * i + 1] as number) << 8) : (bytes[i] as number);
    const value = layout.signed ? (stored << up) >> down : (stored << up) >>> down;
    const entry = Math.min(Math.max(value - firstMapped, 0), last);
    target[3 * i] = red[entry] as number;
    target[3 * i + 1] = green[entry] as number;
    target[3 * i + 2] = blue[entry] as number;
  }
}
