import { crc32 } from 'node:zlib';
import { SlotCounts, type SlotLayout, slotLayout, slotPixels } from '../frame/frame-pool.ts';
import { type FrameHeader, frameHeaderBytes, writeFrameHeader } from '../protocol/frame-header.ts';
import type { EncoderEvent, SlotPlace } from './encoder-events.ts';

/** Frames under way to viewers; a slow one pins at most a few. */
const slots = 16;
/** JPEG of noise may be larger than the picture. */
const spare = 1.5;

/** What is told of an encoded frame beside its source's header. */
export type EncodedHeader = Omit<FrameHeader, 'payloadBytes' | 'crc32'>;

/** An encoder's own memory: encoded frames with their headers, as they leave. */
export class EncodedSlots {
  readonly #tell: (event: EncoderEvent) => void;
  #target: { readonly place: SlotPlace; readonly counts: SlotCounts } | undefined;
  #next = 0;

  /** `tell` hears of new memory before the first frame in it. */
  constructor(tell: (event: EncoderEvent) => void) {
    this.#tell = tell;
  }

  /** Writes a frame into a free slot. `pixelBytes`: of the picture as it was. */
  put(header: EncodedHeader, payload: Uint8Array, pixelBytes: number): EncoderEvent {
    const { place, counts } = this.#roomFor(pixelBytes);
    const own = counts.take(this.#next);
    if (own < 0) return { event: 'lost', place: 'encoder/no-free-slot' };
    this.#next = (own + 1) % slots;
    const at = slotPixels(place.layout, own);
    new Uint8Array(place.buffer, at, payload.length).set(payload);
    writeFrameHeader(new DataView(place.buffer, at - frameHeaderBytes, frameHeaderBytes), {
      ...header,
      payloadBytes: payload.length,
      crc32: crc32(payload),
    });
    return { event: 'encoded', slot: own };
  }

  /** New memory where pictures have become larger; slots of the old one live as long as somebody holds them. */
  #roomFor(pixelBytes: number): { readonly place: SlotPlace; readonly counts: SlotCounts } {
    const layout: SlotLayout & { readonly endOffset: number } = slotLayout(0, slots, Math.ceil(pixelBytes * spare) + 4096);
    if (this.#target !== undefined && this.#target.place.layout.slotStride >= layout.slotStride) return this.#target;
    const buffer = new SharedArrayBuffer(layout.endOffset);
    this.#target = { place: { buffer, layout }, counts: new SlotCounts(buffer, layout) };
    this.#tell({ event: 'memory', place: this.#target.place });
    return this.#target;
  }
}
