import type { VideoTier } from '../protocol/tiers.ts';

/*
 * Between a video tier's thread and the process that encodes for it. A picture lies as I420 at the start of a file in memory that both
 * hold open (descriptor 3 of the process); an order on standard input says that it is there, the answer on standard output is its bits.
 * One at a time. Little-endian, u32.
 */

export const pictureDescriptor = 3;
export const orderBytes = 16;
export const answerBytes = 8;
/** Pictures per second that the rate control counts with: the bits of a picture do not depend on how often one comes. */
export const countedFps = 30;

/** What `video` spends (docs/performance.md): 38 dB and more on real ultrasound. */
const bitsPerPixel = 0.322;
/** What `video-thin` spends at most: a line of 2 Mbit/s bears it with room to catch up after a stall. */
export const thinBitsPerSecond = 1.2e6;

/** Bits of a picture in a tier, where one comes every so many milliseconds. */
export function bitsOfPicture(
  tier: VideoTier,
  { width, height }: { readonly width: number; readonly height: number },
  intervalMs: number,
): number {
  const good = bitsPerPixel * width * height;
  return tier === 'video' ? good : Math.min(good, (thinBitsPerSecond * intervalMs) / 1000);
}

export interface VideoOrder {
  /** Even. */
  readonly width: number;
  readonly height: number;
  readonly bitsPerSecond: number;
  readonly key: boolean;
}

export function writeOrder({ width, height, bitsPerSecond, key }: VideoOrder): Buffer {
  const order = Buffer.alloc(orderBytes);
  for (const [index, value] of [width, height, bitsPerSecond, key ? 1 : 0].entries()) order.writeUInt32LE(value, 4 * index);
  return order;
}

export const readOrder = (order: Buffer): VideoOrder => ({
  width: order.readUInt32LE(0),
  height: order.readUInt32LE(4),
  bitsPerSecond: order.readUInt32LE(8),
  key: order.readUInt32LE(12) === 1,
});

/** With room for the bits of a picture behind it: written apart it would wake its reader before they are there. */
export function writeAnswer(bytes: number, key: boolean): Buffer {
  const answer = Buffer.allocUnsafe(answerBytes + bytes);
  answer.writeUInt32LE(bytes, 0);
  answer.writeUInt32LE(key ? 1 : 0, 4);
  return answer;
}
