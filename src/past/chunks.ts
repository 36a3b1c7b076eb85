import { FrameIndex } from './frame-index.ts';
import type { Segment } from './segment.ts';

const usualBytes = 4 * 1024 * 1024;

/** Records of one segment that wait to be written together. */
export class Chunk {
  readonly bytes: Buffer;
  segment: Segment | undefined;
  /** Of its first byte in the segment. */
  offset = 0;
  used = 0;
  index = new FrameIndex();

  constructor(bytes: number) {
    this.bytes = Buffer.allocUnsafeSlow(bytes);
  }

  get room(): number {
    return this.bytes.length - this.used;
  }
}

/** A bounded number of chunks, used again and again. */
export class Chunks {
  readonly #mostBytes: number;
  readonly #free: Chunk[] = [];
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** An empty one for a segment, with room for so much at least; undefined while all are waiting to be written. */
  take(segment: Segment, leastBytes: number): Chunk | undefined {
    const chunk = this.#fitting(leastBytes);
    if (chunk === undefined) return undefined;
    chunk.segment = segment;
    chunk.offset = segment.plannedBytes;
    chunk.used = 0;
    chunk.index = new FrameIndex();
    return chunk;
  }

  giveBack(chunk: Chunk): void {
    chunk.segment = undefined;
    this.#free.push(chunk);
  }

  #fitting(leastBytes: number): Chunk | undefined {
    for (let chunk = this.#free.pop(); chunk !== undefined; chunk = this.#free.pop()) {
      if (chunk.bytes.length >= leastBytes) return chunk;
      this.#bytes -= chunk.bytes.length;
    }
    const bytes = Math.max(usualBytes, leastBytes);
    // Two at least: one is filled while the other is written.
    if (this.#bytes + bytes > Math.max(this.#mostBytes, 2 * bytes)) return undefined;
    this.#bytes += bytes;
    return new Chunk(bytes);
  }
}
