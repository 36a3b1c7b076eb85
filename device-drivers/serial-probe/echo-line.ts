/** How one echo becomes brightness by depth. */
export interface EchoSettings {
  readonly samples: number;
  readonly sampleRateMHz: number;
  /** Largest value plus one; its half is silence. */
  readonly levels: number;
  /** Carrier of the pulse: the envelope is taken over two of its periods. */
  readonly centreMHz: number;
  readonly dynamicRangeDb: number;
  readonly rows: number;
  /** Depth of the last row. */
  readonly depthMm: number;
}

/** Speed of sound in soft tissue, m/s, as all scanners assume it. */
const soundSpeed = 1540;

/** Depth of the last sample, millimetres: the sound goes there and back. */
export function depthOf(samples: number, sampleRateMHz: number): number {
  return (samples / sampleRateMHz) * (soundSpeed / 2000);
}

/**
 * Brightness of the rows of one echo, 0 to 255: the root of the mean square over two periods of the carrier, logarithmic, of every row
 * the strongest. Full brightness is a sine of full scale, 0 lies `dynamicRangeDb` below it.
 */
export class EchoLine {
  readonly #settings: EchoSettings;
  readonly #energy: Float64Array;
  /** Per row the first sample, and the one behind the last row's. */
  readonly #edges: Int32Array;
  readonly #half: number;

  constructor(settings: EchoSettings) {
    this.#settings = settings;
    const { samples, sampleRateMHz, centreMHz, rows, depthMm } = settings;
    this.#energy = new Float64Array(samples + 1);
    this.#half = Math.max(1, Math.round(sampleRateMHz / centreMHz));
    const perRow = ((depthMm / depthOf(samples, sampleRateMHz)) * samples) / rows;
    this.#edges = Int32Array.from({ length: rows + 1 }, (_, row) => Math.min(samples, Math.round(row * perRow)));
  }

  /** Writes a row's brightness to every `step`-th byte from `at` on. */
  draw(values: Uint16Array, into: Uint8Array, at: number, step: number): void {
    this.#sum(values);
    const { rows, dynamicRangeDb } = this.#settings;
    for (let row = 0; row < rows; row++) {
      const strongest = this.#strongest(this.#edges[row] as number, this.#edges[row + 1] as number);
      const db = strongest > 0 ? 10 * Math.log10(strongest) : -dynamicRangeDb;
      into[at + row * step] = Math.max(0, Math.min(255, Math.round(255 * (1 + db / dynamicRangeDb))));
    }
  }

  /** Running sum of the squares, of a sine of full scale 1 a period on average. The converter's own offset is no echo. */
  #sum(values: Uint16Array): void {
    const energy = this.#energy;
    let mean = 0;
    for (let at = 0; at < values.length; at++) mean += values[at] as number;
    mean /= values.length;
    const scale = this.#settings.levels / 2;
    for (let at = 0; at < values.length; at++) {
      const level = ((values[at] as number) - mean) / scale;
      energy[at + 1] = (energy[at] as number) + 2 * level * level;
    }
  }

  #strongest(from: number, to: number): number {
    const last = this.#settings.samples;
    let strongest = 0;
    for (let at = from; at < Math.max(to, from + 1); at++) {
      const [first, behind] = [Math.max(0, at - this.#half), Math.min(last, at + this.#half)];
      const mean = ((this.#energy[behind] as number) - (this.#energy[first] as number)) / (behind - first);
      if (mean > strongest) strongest = mean;
    }
    return strongest;
  }
}
