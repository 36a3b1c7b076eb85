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
/** Pictures until it is tried again. */
const retryAfter = 300;

/** JPEG-LS where this machine has the time for it, else differences with zstd; what neither packs goes as it is. */
class ExactEncoder implements TierEncoder {
  readonly #codecs: NodeCodecs;
  #tookMs = 0;
  #cheapFor = 0;

  constructor(codecs: NodeCodecs) {
    this.#codecs = codecs;
  }

  encode(picture: PictureShape, pixels: Uint8Array, intervalMs: number): Encoded {
    const codec = this.#choose(intervalMs);
    const startMs = performance.now();
    const payload = codec.encode(picture, pixels);
    if (codec.name === 'jpeg-ls') this.#tookMs += (performance.now() - startMs - this.#tookMs) * (this.#tookMs === 0 ? 1 : 0.1);
    return payload.length < pixels.length ? { codec, payload } : { codec: this.#codecs.raw, payload: pixels };
  }

  #choose(intervalMs: number): Codec {
    if (this.#cheapFor > 0) {
      this.#cheapFor--;
      if (this.#cheapFor === 0) this.#tookMs = 0;
      return this.#codecs['delta-zstd'];
    }
    if (this.#tookMs > affordable * intervalMs) this.#cheapFor = retryAfter;
    return this.#codecs['jpeg-ls'];
  }
}
