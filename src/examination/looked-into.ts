import type { Kept } from '../protocol/examination-messages.ts';

const mostExaminations = 32;

/** Stills and clips of earlier examinations that somebody looks at, those looked at last. */
export class LookedInto {
  readonly #items = new Map<string, readonly Kept[]>();

  note(examination: string, items: readonly Kept[]): void {
    this.#items.delete(examination);
    this.#items.set(examination, items);
    const [oldest] = this.#items.keys();
    if (this.#items.size > mostExaminations && oldest !== undefined) this.#items.delete(oldest);
  }

  find(id: string): { readonly examination: string; readonly kept: Kept } | undefined {
    for (const [examination, items] of this.#items) {
      const kept = items.find((item) => item.kept === id);
      if (kept !== undefined) return { examination, kept };
    }
    return undefined;
  }
}
