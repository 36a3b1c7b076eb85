import type { Access } from '../access/access.ts';
import type { Door } from '../access/door.ts';
import { AppError } from '../app-error.ts';
import type { ConnectedViewer, ServerMessage } from '../protocol/messages.ts';
import { isAtLeast } from '../protocol/roles.ts';
import type { Viewer } from './viewer.ts';

/** Who comes or goes together is told together. */
const gatherMs = 100;
/** Lines of lists that are sent in a second: many operators of many viewers are told less often. */
const linesPerSecond = 2500;

/** Somebody who sees pictures. */
interface Watcher {
  readonly id: number;
  readonly access: Access;
  presence(): ConnectedViewer;
  putOut(error: AppError): void;
}

/** Tells operators who is watching and who is invited. */
export class Attendance {
  readonly #viewers: ReadonlyMap<number, Viewer>;
  /** Those that watch and can neither hear nor ask. */
  readonly #dumb = new Map<number, Watcher>();
  #lastId = 0;
  readonly #door: Door;
  #gathering: NodeJS.Timeout | undefined;
  #nextMs = 0;

  constructor(viewers: ReadonlyMap<number, Viewer>, door: Door) {
    this.#viewers = viewers;
    this.#door = door;
    door.changed$.subscribe(() => this.#tellInvitations());
  }

  /** The number of whoever comes next, over whatever line. */
  nextId(): number {
    return ++this.#lastId;
  }

  /** A line on which nothing can be told. Answers what says that it has ended. */
  join(watcher: Watcher): () => void {
    this.#dumb.set(watcher.id, watcher);
    this.changed();
    return () => {
      this.#dumb.delete(watcher.id);
      this.changed();
    };
  }

  /** Somebody came or went. */
  changed(): void {
    this.#gathering ??= setTimeout(() => this.tell(), Math.max(gatherMs, this.#nextMs - performance.now()));
  }

  /** Also once a second: what each line bears changes all the time. */
  tell(): void {
    const nowMs = performance.now();
    if (nowMs < this.#nextMs) return;
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    const operators = this.#operators();
    const watchers: readonly Watcher[] = [...this.#viewers.values(), ...this.#dumb.values()];
    this.#nextMs = nowMs + Math.floor((operators.length * watchers.length) / linesPerSecond) * 1000;
    const present = watchers.map((watcher) => ({ access: watcher.access, presence: watcher.presence() }));
    let everybody: string | undefined;
    for (const operator of operators) {
      const seen = present.filter(({ access }) => access.within(operator.access)).map(({ presence }) => presence);
      if (seen.length < present.length) {
        operator.tell({ type: 'viewers', viewers: seen });
        continue;
      }
      // Written once for all who see the whole list.
      everybody ??= JSON.stringify({ type: 'viewers', viewers: seen } satisfies ServerMessage);
      operator.tellText(everybody);
    }
  }

  welcome(viewer: Viewer): void {
    if (isAtLeast(viewer.access.role, 'operator')) this.#tellInvitationsTo(viewer);
    this.changed();
  }

  /** Throws `access/unknown-viewer`; who is sent out is told why. */
  async sendOut(id: number, by: Access): Promise<void> {
    const viewer = this.#viewers.get(id) ?? this.#dumb.get(id);
    if (viewer === undefined || !viewer.access.within(by)) throw new AppError('access/unknown-viewer', { viewer: id });
    if (viewer.access.session === undefined) viewer.putOut(new AppError('access/sent-out'));
    else await this.#door.endSession(viewer.access.session, 'access/sent-out');
  }

  close(): void {
    clearTimeout(this.#gathering);
  }

  #operators(): Viewer[] {
    return [...this.#viewers.values()].filter(({ access }) => isAtLeast(access.role, 'operator'));
  }

  #tellInvitations(): void {
    for (const operator of this.#operators()) this.#tellInvitationsTo(operator);
  }

  #tellInvitationsTo(operator: Viewer): void {
    operator.tell({ type: 'invitations', invitations: this.#door.invitationsFor(operator.access) });
  }
}
