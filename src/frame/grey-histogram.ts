import type { GreyWindow } from './frame-format.ts';

/** Counts the levels of 16-bit pictures, so that a picture without a window of its own can be shown. */
export class GreyHistogram {
  readonly #counts = new Uint32Array(65_536);
  #total = 0;

  /** Pixels of Y16, 2 bytes each. */
  add(pixels: Uint8Array): void {
    for (let at = 0; at + 1 < pixels.length; at += 2) {
      const level = (pixels[at] as number) | ((pixels[at + 1] as number) << 8);
      this.#counts[level] = (this.#counts[level] as number) + 1;
    }
    this.#total += pixels.length >> 1;
  }

  /** From the 0.5th to the 99.5th percentile: a few hot pixels do not make the picture dark. */
  window(): GreyWindow {
    const [low, high] = [this.#percentile(0.005), this.#percentile(0.995)];
    return { centre: (low + high + 1) / 2, width: Math.max(2, high - low + 1) };
  }

  #percentile(share: number): number {
    let seen = 0;
    for (let level = 0; level < this.#counts.length; level++) {
      seen += this.#counts[level] as number;
      if (seen > share * this.#total) return level;
    }
    return this.#counts.length - 1;
  }
}
