import { type SlotCounts, type SlotLayout, slotPixels } from '../frame/frame-pool.ts';
import { type FrameHeader, frameHeaderBytes, readFrameHeader } from '../protocol/frame-header.ts';
import type { Lent } from './newest.ts';

/** The memory of a stream's frames as another thread sees it. */
export interface SlotMemory {
  readonly buffer: ArrayBufferLike;
  readonly layout: SlotLayout;
  readonly counts: SlotCounts;
}

/** A slot more can be held by a slow reader without touching what whoever fills the slots needs. */
export const hasRoom = ({ counts, layout }: SlotMemory): boolean => counts.free() > layout.slots / 2;

/** An encoded frame in another thread's slot: header and payload in one piece, held by one count. */
export class SharedFrame implements Lent<SharedFrame> {
  readonly memory: SlotMemory;
  readonly slot: number;
  readonly header: FrameHeader;
  /** Header and payload, as they leave; valid until dispose. */
  readonly bytes: Buffer;
  #alive = true;

  private constructor(memory: SlotMemory, slot: number, header: FrameHeader, bytes: Buffer) {
    this.memory = memory;
    this.slot = slot;
    this.header = header;
    this.bytes = bytes;
  }

  /** Takes over the count that the writer gave away. */
  static receive(memory: SlotMemory, slot: number): SharedFrame {
    const offset = slotPixels(memory.layout, slot) - frameHeaderBytes;
    const payloadBytes = new DataView(memory.buffer, offset + 36, 4).getUint32(0, true);
    const length = frameHeaderBytes + payloadBytes;
    const header = readFrameHeader(new DataView(memory.buffer, offset, length));
    return new SharedFrame(memory, slot, header, Buffer.from(memory.buffer, offset, length));
  }

  retain(): SharedFrame {
    this.memory.counts.hold(this.slot);
    return new SharedFrame(this.memory, this.slot, this.header, this.bytes);
  }

  [Symbol.dispose](): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.memory.counts.release(this.slot);
  }
}
