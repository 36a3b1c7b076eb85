import type { ServerMessage } from '../protocol/messages.ts';
import type { Audience } from './audience.ts';

/** Who comes and goes together is told together. */
const gatherMs = 250;
/** Lines of lists that are sent in a second: where many are connected, all of them are told less often. */
const linesPerSecond = 50_000;

/** Tells everybody who else is there. */
export class Presence {
  readonly #audience: Audience;
  #gathering: NodeJS.Timeout | undefined;
  #nextMs = 0;
  #closed = false;

  constructor(audience: Audience) {
    this.#audience = audience;
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
    const viewers = [...this.#audience.members].map(({ id, access: { name, role } }) => ({ viewer: id, name: name.slice(0, 80), role }));
    const present = { type: 'present', viewers } satisfies ServerMessage;
    this.#audience.tellEach(
      () => '',
      () => present,
    );
  }
}
