import type { SlotLayout } from '../frame/frame-pool.ts';
import type { EncodedTier } from '../protocol/tiers.ts';

export interface EncoderSetup<Tier extends EncodedTier> {
  readonly tier: Tier;
}

/** Where slots lie in shared memory. */
export interface SlotPlace {
  readonly buffer: ArrayBufferLike;
  readonly layout: SlotLayout;
}

/** Main thread → encoder: the stream's memory, and a slot in it that stays held until the answer. */
export type EncoderOrder =
  | { readonly order: 'memory'; readonly place: SlotPlace }
  | {
      readonly order: 'encode';
      readonly slot: number;
      readonly intervalMs: number;
      /** Of video: decodable alone. */
      readonly key: boolean;
    }
  | { readonly order: 'end' };

/** Encoder → main thread: the answer to every `encode`. */
export type EncoderEvent =
  | { readonly event: 'memory'; readonly place: SlotPlace }
  /** A slot of the encoder's own memory, with one of its counts. */
  | { readonly event: 'encoded'; readonly slot: number }
  | { readonly event: 'lost'; readonly place: 'encoder/no-free-slot' | 'encoder/failed' };
