/** Parts of the depth that stand for a line. */
const parts = 64;
/** Rows around the middle that are compared, and how far they are moved for it. */
const [firstRow, lastRow] = [0.3, 0.7];
const furthest = 4;
/** Measured on the recording of an Interson probe. */
const usual = 0.0125;
const largest = 0.08;
/** Share of what a pair of pictures shows that is believed: the body moves too, but not to and fro with the probe. */
const belief = 0.25;
/** Moved pictures that are not so much more alike tell nothing. */
const worthIt = 0.95;

/**
 * How far, in the middle of a sweep, the probe is behind the middle of its angle on the way there, and ahead on the way back, as a
 * share of the sweep. Followed from picture to picture: both ways have to show the same place.
 */
export class SweepLag {
  readonly #rows: number;
  readonly #samples: number;
  #now: Float32Array;
  #before: Float32Array;
  #pictures = 0;
  #lag = usual;

  constructor(rows: number, samples: number) {
    this.#rows = rows;
    this.#samples = samples;
    this.#now = new Float32Array(rows * parts);
    this.#before = new Float32Array(rows * parts);
  }

  get lag(): number {
    return this.#lag;
  }

  /** Takes a picture that was made with the lag as it is. */
  follow(picture: Uint8Array, isBack: boolean): void {
    [this.#now, this.#before] = [this.#before, this.#now];
    this.#partsOf(picture);
    if (this.#pictures++ === 0) return;
    const shift = this.#shift() / this.#rows;
    const lag = this.#lag + (isBack ? shift : -shift) * 0.5 * belief;
    this.#lag = Math.max(-largest, Math.min(largest, lag));
  }

  /** Rows by which the picture lies further down than the one before. */
  #shift(): number {
    const still = this.#difference(0);
    let best = { shift: 0, difference: still };
    for (let shift = -furthest; shift <= furthest; shift += 0.5) {
      const difference = this.#difference(shift);
      if (difference < best.difference) best = { shift, difference };
    }
    return best.difference < still * worthIt ? best.shift : 0;
  }

  #difference(shift: number): number {
    const whole = Math.floor(shift);
    const share = shift - whole;
    const to = Math.floor(lastRow * this.#rows) * parts;
    const moved = whole * parts;
    let sum = 0;
    for (let at = Math.floor(firstRow * this.#rows) * parts; at < to; at++) {
      const there = (this.#now[at + moved] as number) * (1 - share) + (this.#now[at + moved + parts] as number) * share;
      sum += Math.abs((this.#before[at] as number) - there);
    }
    return sum;
  }

  #partsOf(picture: Uint8Array): void {
    const size = Math.floor(this.#samples / parts);
    for (let row = 0, to = 0; row < this.#rows; row++) {
      let from = row * this.#samples;
      for (let part = 0; part < parts; part++, from += size) {
        let sum = 0;
        for (let sample = 0; sample < size; sample++) sum += picture[from + sample] as number;
        this.#now[to++] = sum / size;
      }
    }
  }
}
