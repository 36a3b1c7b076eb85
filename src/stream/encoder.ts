import type { Codec, PictureShape } from '../codec/codec.ts';
import type { openCodecs } from '../codec/node-codecs.ts';
import type { StillTier } from '../protocol/tiers.ts';

type NodeCodecs = Awaited<ReturnType<typeof openCodecs>>;

export interface Encoded {
  readonly codec: Codec;
  /** Valid until the next call. */
  readonly payload: Uint8Array;
}

/** The codec for each picture of a tier. */
export interface TierEncoder {
  /** `intervalMs`: time between two pictures. */
  encode(picture: PictureShape, pixels: Uint8Array, intervalMs: number): Encoded;
}

const qualities = { still: 85, thin: 45 } as const;

export function encoderOf(tier: StillTier, codecs: NodeCodecs): TierEncoder {
  const exact = new ExactEncoder(codecs);
  if (tier === 'exact') return exact;
  return {
    encode(picture, pixels, intervalMs) {
      // JPEG has 8 bits: what has more stays exact.
      if (picture.pixelFormat === 'Y16') return exact.encode(picture, pixels, intervalMs);
      codecs.jpeg.quality = qualities[tier];
      return { codec: codecs.jpeg, payload: codecs.jpeg.encode(picture, pixels) };
    },
  };
}

/** Share of the time between two pictures that the smaller codec may take. */
const affordable = 0.5;
/** Pictures until it is tried again, whatever it is thought to take. */
const retryAfter = 300;

/** JPEG-LS where this machine has the time for it, else differences with zstd; what neither packs goes as it is. */
class ExactEncoder implements TierEncoder {
  readonly #codecs: NodeCodecs;
  /** What it takes here; undefined until it has been tried. */
  #tookMs: number | undefined;
  #cheapFor = 0;
  #due = false;

  constructor(codecs: NodeCodecs) {
    this.#codecs = codecs;
  }

  encode(picture: PictureShape, pixels: Uint8Array, intervalMs: number): Encoded {
    const codec = this.#choose(pixels.length, intervalMs);
    const startMs = performance.now();
    const payload = codec.encode(picture, pixels);
    if (codec.name === 'jpeg-ls') {
      const nowMs = performance.now() - startMs;
      this.#tookMs = this.#tookMs === undefined ? nowMs : this.#tookMs + (nowMs - this.#tookMs) * 0.1;
    }
    return payload.length < pixels.length ? { codec, payload } : { codec: this.#codecs.raw, payload: pixels };
  }

  /** Before anything was measured here, by what the codec declares. */
  #choose(bytes: number, intervalMs: number): Codec {
    const { 'jpeg-ls': smallest, 'delta-zstd': cheap } = this.#codecs;
    const tookMs = this.#tookMs ?? (smallest.nsPerByte * bytes) / 1e6;
    if (this.#cheapFor === 0 && !this.#due && tookMs > affordable * intervalMs) {
      this.#cheapFor = retryAfter;
      this.#tookMs = undefined;
    }
    this.#due = this.#cheapFor === 1;
    if (this.#cheapFor === 0) return smallest;
    this.#cheapFor--;
    return cheap;
  }
}
