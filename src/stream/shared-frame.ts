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
  /** The same as one WebSocket message (RFC 6455 §5.2: final, binary, not masked), made once for all viewers; valid until dispose. */
  readonly message: Buffer;
  #alive = true;
  #spare: boolean | undefined;

  private constructor(memory: SlotMemory, slot: number, header: FrameHeader, bytes: Buffer, message: Buffer) {
    this.memory = memory;
    this.slot = slot;
    this.header = header;
    this.bytes = bytes;
    this.message = message;
  }

  /** Takes over the count that the writer gave away. */
  static receive(memory: SlotMemory, slot: number): SharedFrame {
    const offset = slotPixels(memory.layout, slot) - frameHeaderBytes;
    const payloadBytes = new DataView(memory.buffer, offset + 36, 4).getUint32(0, true);
    const length = frameHeaderBytes + payloadBytes;
    const header = readFrameHeader(new DataView(memory.buffer, offset, length));
    return new SharedFrame(memory, slot, header, Buffer.from(memory.buffer, offset, length), messageOf(memory, offset, length));
  }

  /** Whether a slow reader may hold it; asked once for all who get it on loan. */
  get spare(): boolean {
    this.#spare ??= hasRoom(this.memory);
    return this.#spare;
  }

  retain(): SharedFrame {
    this.memory.counts.hold(this.slot);
    return new SharedFrame(this.memory, this.slot, this.header, this.bytes, this.message);
  }

  [Symbol.dispose](): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.memory.counts.release(this.slot);
  }
}

/** The head of a message is written into the room that is left in front of the frame's own header. */
function messageOf({ buffer }: SlotMemory, offset: number, length: number): Buffer {
  const headBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const message = Buffer.from(buffer, offset - headBytes, headBytes + length);
  message[0] = 0x82;
  message[1] = headBytes === 2 ? length : headBytes === 4 ? 126 : 127;
  if (headBytes === 4) message.writeUInt16BE(length, 2);
  if (headBytes === 10) {
    message.writeUInt32BE(0, 2);
    message.writeUInt32BE(length, 6);
  }
  return message;
}
