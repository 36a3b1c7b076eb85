/** Bytes of a row, in memory and in the footer of a frame file. */
export const rowBytes = 32;

/** Where a frame stands in its file, and what it is found by. */
export interface IndexRow {
  /** Unix time in microseconds on the server's clock. */
  readonly capturedUs: number;
  /** Byte offset of its record. */
  readonly offset: number;
  /** Bytes of header and payload. */
  readonly bytes: number;
  readonly sequence: number;
  readonly epoch: number;
  /** As in the frame header. */
  readonly flags: number;
}

/**
 * The frames of one file by time, which never goes back. A row: capture time f64, offset f64, bytes u32, sequence u32, epoch u16, flags u8,
 * five bytes of zero; little-endian.
 */
export class FrameIndex {
  #rows: Buffer;
  #length = 0;

  constructor(rows?: Uint8Array) {
    this.#rows = Buffer.alloc(rowBytes * 128);
    if (rows !== undefined) this.addRows(rows);
  }

  get length(): number {
    return this.#length;
  }

  get firstUs(): number {
    return this.#length === 0 ? Number.NaN : this.capturedUs(0);
  }

  get lastUs(): number {
    return this.#length === 0 ? Number.NaN : this.capturedUs(this.#length - 1);
  }

  add(capturedUs: number, offset: number, bytes: number, sequence: number, epoch: number, flags: number): void {
    this.#grow(1);
    const at = this.#length * rowBytes;
    this.#rows.writeDoubleLE(capturedUs, at);
    this.#rows.writeDoubleLE(offset, at + 8);
    this.#rows.writeUInt32LE(bytes, at + 16);
    this.#rows.writeUInt32LE(sequence, at + 20);
    this.#rows.writeUInt16LE(epoch, at + 24);
    this.#rows.writeUInt8(flags, at + 26);
    this.#length++;
  }

  /** Rows as `rows` gave them. */
  addRows(rows: Uint8Array): void {
    const count = Math.floor(rows.length / rowBytes);
    this.#grow(count);
    this.#rows.set(rows.subarray(0, count * rowBytes), this.#length * rowBytes);
    this.#length += count;
  }

  at(row: number): IndexRow {
    const at = row * rowBytes;
    return {
      capturedUs: this.#rows.readDoubleLE(at),
      offset: this.#rows.readDoubleLE(at + 8),
      bytes: this.#rows.readUInt32LE(at + 16),
      sequence: this.#rows.readUInt32LE(at + 20),
      epoch: this.#rows.readUInt16LE(at + 24),
      flags: this.#rows.readUInt8(at + 26),
    };
  }

  capturedUs(row: number): number {
    return this.#rows.readDoubleLE(row * rowBytes);
  }

  sequence(row: number): number {
    return this.#rows.readUInt32LE(row * rowBytes + 20);
  }

  /** The first row captured at that time or later; `length` where there is none. */
  firstFrom(us: number): number {
    let [low, high] = [0, this.#length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.capturedUs(middle) < us) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first row captured after that time. */
  firstAfter(us: number): number {
    let [low, high] = [0, this.#length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.capturedUs(middle) <= us) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** A copy of some rows. */
  rows(from = 0, to = this.#length): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#rows.subarray(from * rowBytes, to * rowBytes));
  }

  #grow(count: number): void {
    const needed = (this.#length + count) * rowBytes;
    if (needed <= this.#rows.length) return;
    const grown = Buffer.alloc(Math.max(needed, this.#rows.length * 2));
    this.#rows.copy(grown);
    this.#rows = grown;
  }
}

/** Frames captured and missing between two frames that follow one another; 0 where the counting began anew. */
export function missingBetween(before: number, after: number): number {
  const step = (after - before) >>> 0;
  return step === 0 || step >= 0x8000_0000 ? 0 : step - 1;
}

/** The same between the first and the last of an index. */
export function missingIn(index: FrameIndex): number {
  let missing = 0;
  for (let row = 1; row < index.length; row++) missing += missingBetween(index.sequence(row - 1), index.sequence(row));
  return missing;
}
