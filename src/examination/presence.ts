import type { Access } from '../access/access.ts';
import type { ServerMessage } from '../protocol/messages.ts';
import type { Audience } from './audience.ts';

/** Who comes and goes together is told together. */
const gatherMs = 250;
/** Lines of lists that are sent in a second: where many are connected, all of them are told less often. */
const linesPerSecond = 50_000;

/** Tells everybody who else is there: of those with whom they share a picture. */
export class Presence {
  readonly #audience: Audience;
  readonly #streams: readonly number[];
  #gathering: NodeJS.Timeout | undefined;
  #nextMs = 0;
  #closed = false;

  constructor(audience: Audience, streams: readonly number[]) {
    this.#audience = audience;
    this.#streams = streams;
  }

  /** Somebody came or went. */
  changed(): void {
    if (this.#closed) return;
    this.#gathering ??= setTimeout(() => this.#tell(), Math.max(0, this.#nextMs - performance.now()));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#gathering);
  }

  #tell(): void {
    this.#gathering = undefined;
    const { size } = this.#audience;
    this.#nextMs = performance.now() + Math.max(gatherMs, ((size * size) / linesPerSecond) * 1000);
    const members = [...this.#audience.members];
    this.#audience.tellEach(
      ({ access }) => this.#seenBy(access).join(),
      ({ access }) => {
        const seen = this.#seenBy(access);
        const company = members.filter((other) => other.access.everyStream || seen.some((stream) => other.access.may(stream)));
        const viewers = company.map(({ id, access: { name, role } }) => ({ viewer: id, name: name.slice(0, 80), role }));
        return { type: 'present', viewers } satisfies ServerMessage;
      },
    );
  }

  #seenBy(access: Access): readonly number[] {
    return this.#streams.filter((stream) => access.may(stream));
  }
}
