import type { Edge, Lent } from './newest.ts';

/** For the record: keeps every frame in order, up to a bound; a frame that finds no room is counted, never lost in silence. */
export class Every<Kept extends Disposable> implements Edge<Kept> {
  readonly #queue: Kept[] = [];
  readonly #capacity: number;
  readonly #roomLeft: () => boolean;
  #skipped = 0;

  /** `roomLeft` says whether the pool behind the frames can spare another one. */
  constructor(capacity: number, roomLeft: () => boolean) {
    this.#capacity = capacity;
    this.#roomLeft = roomLeft;
  }

  get skipped(): number {
    return this.#skipped;
  }

  passes(): boolean {
    return this.#queue.length === 0;
  }

  put(frame: Lent<Kept>): void {
    if (this.#queue.length >= this.#capacity || !this.#roomLeft()) this.#skipped++;
    else this.#queue.push(frame.retain());
  }

  take(): Kept | undefined {
    return this.#queue.shift();
  }

  [Symbol.dispose](): void {
    for (const frame of this.#queue.splice(0)) frame[Symbol.dispose]();
  }
}
