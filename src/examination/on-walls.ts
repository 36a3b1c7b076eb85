import type { Observable, Subscription } from 'rxjs';
import type { ServerMessage } from '../protocol/messages.ts';
import { isAtLeast } from '../protocol/roles.ts';
import { type Audience, sees, tell } from './audience.ts';
import type { Member } from './member.ts';
import type { ExaminationRecord, FoundKept } from './record.ts';

/** What the desk needs of the layouts of the room. */
export interface WallPlaces {
  readonly changed$: Observable<void>;
  /** Stills and clips that have a place, of whichever examination. */
  readonly kept: readonly string[];
}

/** Stills and clips on the layouts of the room: whoever sees a layout sees what stands on it, also of an examination that nobody has looked into. */
export class OnWalls {
  readonly #walls: WallPlaces;
  readonly #record: ExaminationRecord;
  readonly #audience: Audience;
  readonly #subscription: Subscription;
  #items: ReadonlyMap<string, FoundKept> = new Map();
  #renewals = 0;

  constructor(walls: WallPlaces, record: ExaminationRecord, audience: Audience) {
    this.#walls = walls;
    this.#record = record;
    this.#audience = audience;
    this.#subscription = walls.changed$.subscribe(() => void this.renew());
  }

  find(id: string): FoundKept | undefined {
    return this.#items.get(id);
  }

  has(id: string): boolean {
    return this.#walls.kept.includes(id);
  }

  tellTo(member: Member): void {
    if (this.#items.size > 0) tell(member, this.#messageFor(member));
  }

  /** Finds them anew, and tells everybody. Where the archive does not answer, what was known stays. */
  async renew(): Promise<void> {
    const own = ++this.#renewals;
    const ids = this.#walls.kept;
    const before = this.#items.size;
    try {
      const found = ids.length === 0 ? [] : await this.#record.keptNamed(ids);
      if (own !== this.#renewals) return;
      this.#items = new Map(found.map((one) => [one.kept.kept, one]));
    } catch {
      return;
    }
    if (before > 0 || this.#items.size > 0) for (const member of this.#audience.members) tell(member, this.#messageFor(member));
  }

  close(): void {
    this.#subscription.unsubscribe();
    this.#renewals++;
  }

  #messageFor(member: Member): ServerMessage {
    const may = isAtLeast(member.access.role, 'marker');
    const kept = [...this.#items.values()].map((found) => found.kept);
    return { type: 'kept-on-walls', kept: kept.filter(({ state, stream }) => may && state === 'kept' && sees(member, stream)) };
  }
}
