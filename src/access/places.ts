import { AppError } from '../app-error.ts';
import { isAtLeast } from '../protocol/roles.ts';
import type { Access } from './access.ts';

/** A quarter of the places, but no more than this, is for operators: whoever can send somebody out must always get in. */
const mostReserved = 4;

type Guest = Pick<Access, 'role' | 'session'>;

/** Undefined: an operator. */
const guestOf = ({ role, session }: Guest): string | undefined => (isAtLeast(role, 'operator') ? undefined : (session ?? ''));

/**
 * Places of those who watch, over whatever line. One guest takes a few, all guests together leave some for operators; operators, who
 * can send everybody out anyway, are bounded by the number of places only.
 */
export class Places {
  readonly #all: number;
  readonly #forGuests: number;
  readonly #perSession: number;
  readonly #bySession = new Map<string, number>();
  #guests = 0;
  #taken = 0;

  constructor({ viewers, viewersPerSession }: { readonly viewers: number; readonly viewersPerSession: number }) {
    this.#all = viewers;
    this.#forGuests = viewers - Math.min(mostReserved, Math.floor(viewers / 4));
    this.#perSession = viewersPerSession;
  }

  /** Why nobody else gets in by this access now: `access/too-many-viewers`, `access/too-many-guests` or `access/too-many-of-session`. */
  lack(access: Guest): AppError | undefined {
    const guest = guestOf(access);
    const own = guest === undefined ? 0 : (this.#bySession.get(guest) ?? 0);
    if (own >= this.#perSession) return new AppError('access/too-many-of-session', { limit: this.#perSession });
    if (this.#taken >= this.#all) return new AppError('access/too-many-viewers', { limit: this.#all });
    if (guest !== undefined && this.#guests >= this.#forGuests) return new AppError('access/too-many-guests', { limit: this.#forGuests });
    return undefined;
  }

  /** Throws what is lacking. Answers what gives the place back. */
  take(access: Guest): () => void {
    const lack = this.lack(access);
    if (lack !== undefined) throw lack;
    const guest = guestOf(access);
    this.#count(guest, 1);
    let given = false;
    return () => {
      if (!given) this.#count(guest, -1);
      given = true;
    };
  }

  #count(guest: string | undefined, change: 1 | -1): void {
    this.#taken += change;
    if (guest === undefined) return;
    this.#guests += change;
    const own = (this.#bySession.get(guest) ?? 0) + change;
    if (own === 0) this.#bySession.delete(guest);
    else this.#bySession.set(guest, own);
  }
}
