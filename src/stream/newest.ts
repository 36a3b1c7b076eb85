/** Something lent: whoever keeps it beyond the call retains it and disposes what it retained. */
export interface Lent<Kept extends Disposable> extends Disposable {
  retain(): Kept;
}

/** An edge of the flow that keeps frames: with every.ts and unbroken.ts the only places that do. */
export interface Edge<Kept extends Disposable> extends Disposable {
  /** Called with a frame on loan. */
  put(frame: Lent<Kept>): void;
  /** Whether a frame on loan may go past this, to whoever takes them: nothing is before it. Where that is so it goes, or is put. */
  passes(frame: Lent<Kept>): boolean;
  /** The next frame to send; the caller disposes it. */
  take(): Kept | undefined;
  /** Frames that were put and never taken. */
  readonly skipped: number;
}

/** For eyes: keeps only the newest frame; one that is replaced before it was taken is counted. */
export class Newest<Kept extends Disposable> implements Edge<Kept> {
  #kept: Kept | undefined;
  #skipped = 0;

  get skipped(): number {
    return this.#skipped;
  }

  /** There is a frame to take. */
  get waiting(): boolean {
    return this.#kept !== undefined;
  }

  passes(): boolean {
    return this.#kept === undefined;
  }

  put(frame: Lent<Kept>): void {
    if (this.#kept !== undefined) {
      this.#skipped++;
      this.#kept[Symbol.dispose]();
    }
    this.#kept = frame.retain();
  }

  take(): Kept | undefined {
    const kept = this.#kept;
    this.#kept = undefined;
    return kept;
  }

  [Symbol.dispose](): void {
    this.take()?.[Symbol.dispose]();
  }
}
