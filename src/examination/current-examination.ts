import { AppError } from '../app-error.ts';
import type { Examination } from '../protocol/examination-messages.ts';

/** The examination that is open in a room, if any, and which pictures are another one's. */
export class CurrentExamination {
  #now: Examination | undefined;
  #boundaryUs: number | undefined;

  get now(): Examination | undefined {
    return this.#now;
  }

  /** Unix µs: what was captured before belongs to another examination, which was open then; undefined: there was none. */
  get boundaryUs(): number | undefined {
    return this.#boundaryUs;
  }

  /** `boundaryUs`: when another one was closed last. */
  set(examination: Examination | undefined, boundaryUs: number | undefined): void {
    this.#now = examination;
    this.#boundaryUs = boundaryUs;
  }

  /** It is still the same one, and more or something else is known of it; or there was none. */
  update(examination: Examination): void {
    this.#now = examination;
  }

  /** Throws `examination/none-open`. */
  need(): Examination {
    if (this.#now === undefined) throw new AppError('examination/none-open');
    return this.#now;
  }

  /** What was made for one patient must not be filed with another. Throws `examination/another`. */
  refuseOfAnother(during: string | undefined): void {
    if (during !== undefined && during !== this.#now?.examination) throw new AppError('examination/another');
  }

  /** Nor what was captured of one. Throws `examination/earlier-picture`. */
  refuseEarlier(capturedUs: number): void {
    if (capturedUs < (this.#boundaryUs ?? 0)) throw new AppError('examination/earlier-picture');
  }
}
