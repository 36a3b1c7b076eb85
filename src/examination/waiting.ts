import { AppError } from '../app-error.ts';

/** Requests of one viewer that wait for the disk, e.g. after its line was down; those of all. */
const [mostOfOne, mostOfAll] = [512, 8192] as const;

/** How many requests wait, by viewer. */
export class Waiting {
  readonly #counts = new Map<number, number>();
  #all = 0;

  /** The answer ends it. Throws `examination/busy`. */
  begin(viewer: number): () => void {
    const own = this.#counts.get(viewer) ?? 0;
    if (own >= mostOfOne || this.#all >= mostOfAll) throw new AppError('examination/busy', { waiting: own });
    this.#counts.set(viewer, own + 1);
    this.#all++;
    return () => {
      const left = (this.#counts.get(viewer) ?? 1) - 1;
      this.#all--;
      if (left > 0) this.#counts.set(viewer, left);
      else this.#counts.delete(viewer);
    };
  }
}
