import type { FrameShape } from './pixel-codecs.ts';

/** Samples as RLE carries them: a plane for each sample of a pixel. */
export interface Planes {
  readonly bytes: Uint8Array;
  readonly bitsAllocated: 8 | 16;
}

/**
 * PS3.5 annex G: one segment per byte of a sample, the high byte first, offsets rising from 64 inside the frame.
 * Every segment must fill its plane; some writers append whole rows, which are left out. Throws an Error in words.
 */
export function decodeRle(encoded: Uint8Array, { width, height, samplesPerPixel, bitsAllocated }: FrameShape): Planes {
  const bytesPerSample = bitsAllocated === 16 ? 2 : 1;
  const starts = segmentStarts(encoded, samplesPerPixel * bytesPerSample);
  const pixels = width * height;
  const bytes = new Uint8Array(pixels * starts.length);
  const runs = starts.map((start, index) => {
    const [sample, byte] = [Math.floor(index / bytesPerSample), index % bytesPerSample];
    const first = sample * pixels * bytesPerSample + (bytesPerSample - 1 - byte);
    return unpack(encoded.subarray(start, starts[index + 1] ?? encoded.length), bytes, first, bytesPerSample, pixels);
  });
  for (const [index, decoded] of runs.entries()) {
    if (decoded < pixels) throw new Error(`RLE segment ${index + 1} holds ${decoded} of ${pixels} bytes`);
    if (decoded % width !== 0 || decoded !== runs[0])
      throw new Error(`RLE segment ${index + 1} holds ${decoded} bytes where there is room for ${pixels}`);
  }
  return { bytes, bitsAllocated: bytesPerSample === 2 ? 16 : 8 };
}

function segmentStarts(encoded: Uint8Array, expected: number): number[] {
  if (encoded.length < 64) throw new Error('shorter than an RLE header');
  const header = new DataView(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  const segments = header.getUint32(0, true);
  if (segments !== expected) throw new Error(`${segments} RLE segments`);
  const starts: number[] = [];
  for (let segment = 1; segment <= segments; segment++) {
    const offset = header.getUint32(4 * segment, true);
    if (offset <= (starts.at(-1) ?? 63) || offset >= encoded.length) throw new Error(`RLE segment ${segment} begins at ${offset}`);
    starts.push(offset);
  }
  return starts;
}

/** Writes the runs of a segment (PS3.5 G.3.1) to every `step`th byte, at most `room` of them; answers how many bytes it holds in all. */
function unpack(segment: Uint8Array, target: Uint8Array, first: number, step: number, room: number): number {
  let decoded = 0;
  let at = 0;
  while (at < segment.length) {
    // Padding makes the length even.
    if (decoded === room && isPadding(segment, at)) break;
    const control = segment[at++] as number;
    if (control === 128) continue;
    const repeats = control > 128;
    const length = repeats ? 257 - control : control + 1;
    const bytes = repeats ? 1 : length;
    // A run that has not come whole: nothing more, or a byte that pads appended rows.
    if (at + bytes > segment.length) break;
    const fits = Math.min(length, room - decoded);
    for (let i = 0, to = first + decoded * step; i < fits; i++, to += step) target[to] = segment[repeats ? at : at + i] as number;
    decoded += length;
    at += bytes;
  }
  return decoded;
}

function isPadding(segment: Uint8Array, from: number): boolean {
  for (let at = from; at < segment.length; at++) if (segment[at] !== 0) return false;
  return true;
}
