/** How the beginning of a line is told from other bytes. */
export interface LineMark {
  readonly lineBytes: number;
  /** Bytes of a line's head that the two below look at, at most. */
  readonly headBytes: number;
  /** Whether three lines in a row begin at `at`, a line apart: reads up to 2 lines and a head behind `at`. May learn from them. */
  found(bytes: Uint8Array, at: number): boolean;
  /** Whether the line at `at` is followed by another one a line further on. */
  followed(bytes: Uint8Array, at: number): boolean;
}

/**
 * Cuts a stream of bytes into lines of one length, wherever it begins and whatever is missing from it. A line is handed on when
 * the head of the next one stands where it must: one in which bytes are missing is never taken for a whole one.
 */
export class LineStream {
  readonly #mark: LineMark;
  readonly #line: (bytes: Uint8Array, at: number) => void;
  readonly #skipped: (bytes: number) => void;
  readonly #held: Uint8Array;
  #heldBytes = 0;
  #isLocked = false;

  /** `line` gets the bytes among which a line begins, lent for the length of the call; `skipped` how many belong to none. */
  constructor(mark: LineMark, line: (bytes: Uint8Array, at: number) => void, skipped: (bytes: number) => void) {
    this.#mark = mark;
    this.#line = line;
    this.#skipped = skipped;
    this.#held = new Uint8Array(4 * mark.lineBytes);
  }

  get isLocked(): boolean {
    return this.#isLocked;
  }

  push(bytes: Uint8Array): void {
    const { lineBytes, headBytes } = this.#mark;
    let from = 0;
    while (from < bytes.length) {
      if (this.#heldBytes === 0 && this.#isLocked) from = this.#linesOf(bytes, from);
      if (from >= bytes.length) return;
      // As long as a line is being completed no more is taken than it needs; a search takes what fits.
      const wanted = this.#isLocked ? Math.max(lineBytes + headBytes - this.#heldBytes, 1) : this.#held.length - this.#heldBytes;
      const taken = Math.min(wanted, bytes.length - from);
      this.#held.set(bytes.subarray(from, from + taken), this.#heldBytes);
      this.#heldBytes += taken;
      from += taken;
      const done = this.#isLocked ? this.#linesOf(this.#held, 0, this.#heldBytes) : this.#search();
      // The head of the next line was only looked at: its line is taken from where it came, without a copy.
      const rest = this.#heldBytes - done;
      const again = this.#isLocked && done > 0 && rest <= taken ? rest : 0;
      from -= again;
      this.#keepFrom(done, this.#heldBytes - again);
    }
  }

  /** The next bytes follow no others: what is held is no line. */
  interrupted(): void {
    if (this.#heldBytes > 0) this.#skipped(this.#heldBytes);
    this.#heldBytes = 0;
    this.#isLocked = false;
  }

  /** Hands on the lines that are whole; returns where the first one begins that is not. */
  #linesOf(bytes: Uint8Array, from: number, end = bytes.length): number {
    const { lineBytes, headBytes } = this.#mark;
    let at = from;
    while (at + lineBytes + headBytes <= end) {
      if (!this.#mark.followed(bytes, at)) {
        this.#isLocked = false;
        return at;
      }
      this.#line(bytes, at);
      at += lineBytes;
    }
    return at;
  }

  /** Returns up to where the held bytes are done with. */
  #search(): number {
    const { lineBytes, headBytes } = this.#mark;
    const last = this.#heldBytes - 2 * lineBytes - headBytes;
    for (let at = 0; at <= last; at++) {
      if (!this.#mark.found(this.#held, at)) continue;
      this.#isLocked = true;
      if (at > 0) this.#skipped(at);
      return this.#linesOf(this.#held, at, this.#heldBytes);
    }
    if (last < 0) return 0;
    this.#skipped(last + 1);
    return last + 1;
  }

  #keepFrom(from: number, to: number): void {
    this.#held.copyWithin(0, from, to);
    this.#heldBytes = Math.max(0, to - from);
  }
}
