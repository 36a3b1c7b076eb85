import type { Observable, Subscription } from 'rxjs';
import type { Earlier, Kept, SharedMark } from '../protocol/examination-messages.ts';
import type { ServerMessage } from '../protocol/messages.ts';
import { isAtLeast } from '../protocol/roles.ts';
import { type Audience, sees, tell } from './audience.ts';
import type { Member } from './member.ts';
import type { ExaminationContent, ExaminationRecord, FoundKept } from './record.ts';

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
  readonly #open: () => string | undefined;
  readonly #subscription: Subscription;
  #items: ReadonlyMap<string, FoundKept> = new Map();
  /** What was looked for to find them. */
  #sought: readonly string[] = [];
  /** Those of the items that are not of the open one. */
  #examinations: readonly ExaminationContent[] = [];
  #renewals = 0;

  /** `open`: the examination that is open. */
  constructor(walls: WallPlaces, record: ExaminationRecord, audience: Audience, open: () => string | undefined) {
    this.#walls = walls;
    this.#record = record;
    this.#audience = audience;
    this.#open = open;
    this.#subscription = walls.changed$.subscribe(() => void this.renew());
  }

  find(id: string): FoundKept | undefined {
    return this.#items.get(id);
  }

  /** The record was asked for it, and has it no more. */
  isGone(id: string): boolean {
    return this.#sought.includes(id) && !this.#items.has(id);
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
      const earlier = new Set(found.map(({ examination }) => examination).filter((one) => one !== this.#open()));
      const examinations = await Promise.all([...earlier].map((one) => this.#record.content(one)));
      if (own !== this.#renewals) return;
      this.#items = new Map(found.map((one) => [one.kept.kept, one]));
      this.#sought = ids;
      this.#examinations = examinations;
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
    const all = [...this.#items.values()].map((found) => found.kept);
    const kept = all.filter(({ state, stream }) => may && state === 'kept' && sees(member, stream));
    const knowsPatient = isAtLeast(member.access.role, 'operator') && member.access.everyStream;
    const earlier = this.#examinations.flatMap((content) => {
      const own = kept.filter((one) => this.#items.get(one.kept)?.examination === content.examination.examination);
      return own.length === 0 ? [] : [earlierOf(content, own, knowsPatient)];
    });
    return { type: 'kept-on-walls', kept, earlier };
  }
}

function earlierOf({ examination: whole, marks }: ExaminationContent, kept: readonly Kept[], knowsPatient: boolean): Earlier {
  const { examination, patient, anonymous } = whole;
  return {
    examination,
    ...(knowsPatient && patient && { patient }),
    anonymous,
    kept: kept.map((one) => one.kept),
    marks: marks.filter((mark) => kept.some((one) => liesOn(mark, one))),
  };
}

/** On it, or drawn on the stream in its time. */
const liesOn = (mark: SharedMark, { kept, stream, fromUs, toUs }: Kept): boolean =>
  mark.kept === undefined
    ? mark.stream !== undefined && mark.stream === stream && mark.fromUs <= toUs && (mark.untilUs ?? toUs) >= fromUs
    : mark.kept === kept;
