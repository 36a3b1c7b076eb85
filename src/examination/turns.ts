/** One after the other where it matters: what has the same key, and what concerns everything. The rest goes on side by side. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();
  #whole: Promise<unknown> = Promise.resolve();

  /** After whatever of this key, or of everything, came before. */
  one<Result>(key: string, act: () => Promise<Result>): Promise<Result> {
    const turn = (this.#last.get(key) ?? this.#whole).then(act);
    const settled = turn.catch(() => undefined);
    this.#last.set(key, settled);
    void settled.then(() => {
      if (this.#last.get(key) === settled) this.#last.delete(key);
    });
    return turn;
  }

  /** After all that came before, and before all that comes later. */
  whole<Result>(act: () => Promise<Result>): Promise<Result> {
    const turn = Promise.all([this.#whole, ...this.#last.values()]).then(act);
    this.#last.clear();
    this.#whole = turn.catch(() => undefined);
    return turn;
  }
}
