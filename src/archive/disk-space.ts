const mebibyte = 2 ** 20;
/** Below this much nothing is kept any more: the system and other programs need room too. */
export const fullBytes = 256 * mebibyte;
const lowBytes = 2048 * mebibyte;
const lowMinutes = 60;
/** Over so long a time the rate is taken; a shorter one says nothing yet. */
const [longestMs, shortestMs] = [300_000, 60_000];

export interface Space {
  readonly level: 'enough' | 'low' | 'full';
  readonly freeBytes: number;
  /** Until it is full; absent: it does not fill up. */
  readonly minutesLeft?: number;
}

/** What becomes of the room on a disk, by what was free in the last minutes. */
export class DiskSpace {
  readonly #samples: { readonly freeBytes: number; readonly atMs: number }[] = [];

  note(freeBytes: number, atMs: number): Space {
    this.#samples.push({ freeBytes, atMs });
    while ((this.#samples[1]?.atMs ?? Number.POSITIVE_INFINITY) <= atMs - longestMs) this.#samples.shift();
    const minutesLeft = this.#minutesLeft(freeBytes, atMs);
    const left = minutesLeft === undefined ? {} : { minutesLeft };
    if (freeBytes < fullBytes) return { level: 'full', freeBytes };
    if (freeBytes < lowBytes || (minutesLeft ?? Number.POSITIVE_INFINITY) < lowMinutes) return { level: 'low', freeBytes, ...left };
    return { level: 'enough', freeBytes, ...left };
  }

  #minutesLeft(freeBytes: number, atMs: number): number | undefined {
    const [oldest] = this.#samples;
    if (oldest === undefined || atMs - oldest.atMs < shortestMs) return undefined;
    const bytesPerMs = (oldest.freeBytes - freeBytes) / (atMs - oldest.atMs);
    return bytesPerMs > 0 ? Math.floor(Math.max(0, freeBytes - fullBytes) / bytesPerMs / 60_000) : undefined;
  }
}
