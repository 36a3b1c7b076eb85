/** Longer without an echo, in columns: nothing is known of that time, and nothing is shown. */
const longestRepeat = 10;

/**
 * A picture of one element over time (M-mode): depth downwards, time to the right, the newest echo in the last column. Every column
 * stands for the same time, whatever the rate of the echoes: a slow one's column is repeated until the next, of several in one column the last is shown.
 */
export class MotionPicture {
  readonly pixels: Uint8Array;
  readonly #columns: number;
  readonly #rows: number;
  readonly #columnNs: bigint;
  #column: bigint | undefined;

  constructor(columns: number, rows: number, columnMs: number) {
    this.pixels = new Uint8Array(columns * rows);
    this.#columns = columns;
    this.#rows = rows;
    this.#columnNs = BigInt(Math.round(columnMs * 1e6));
  }

  /** Adds the echo that was fired at this time; `draw` writes its rows to every `step`-th byte from `at` on. */
  add(firedAtNs: bigint, draw: (into: Uint8Array, at: number, step: number) => void): void {
    const column = firedAtNs / this.#columnNs;
    const passed = this.#column === undefined ? 0n : column - this.#column;
    this.#column = column;
    if (passed > 0n) this.#scroll(Number(passed < BigInt(this.#columns) ? passed : BigInt(this.#columns)));
    draw(this.pixels, this.#columns - 1, this.#columns);
  }

  #scroll(columns: number): void {
    for (let row = 0; row < this.#rows; row++) {
      const [first, behind] = [row * this.#columns, (row + 1) * this.#columns];
      const between = columns <= longestRepeat ? (this.pixels[behind - 1] as number) : 0;
      this.pixels.copyWithin(first, first + columns, behind);
      this.pixels.fill(between, behind - columns, behind);
    }
  }
}
