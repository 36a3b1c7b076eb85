import { AppError } from '../app-error.ts';
import type { Bookmark } from '../protocol/examination-messages.ts';
import { isAtLeast, type Role } from '../protocol/roles.ts';

/** In one examination; of one observer, who may fill it with nothing else. */
const [mostBookmarks, mostOfObserver] = [1000, 100] as const;

/** Bookmarks of the examination that is open. */
export class Bookmarks {
  readonly #bookmarks = new Map<string, Bookmark>();

  get all(): Iterable<Bookmark> {
    return this.#bookmarks.values();
  }

  get(bookmark: string): Bookmark | undefined {
    return this.#bookmarks.get(bookmark);
  }

  /** Whether a moment of that time of a stream is marked. */
  isAnyIn(stream: number | undefined, fromUs: number, toUs: number): boolean {
    return [...this.all].some((bookmark) => bookmark.stream === stream && fromUs <= bookmark.atUs && bookmark.atUs <= toUs);
  }

  take(bookmarks: readonly Bookmark[]): void {
    this.#bookmarks.clear();
    for (const bookmark of bookmarks) this.keep(bookmark);
  }

  keep(bookmark: Bookmark): void {
    this.#bookmarks.set(bookmark.bookmark, bookmark);
  }

  forget({ bookmark }: Bookmark): void {
    this.#bookmarks.delete(bookmark);
  }

  /** Throws `examination/too-many-bookmarks`, `examination/too-many-of-observer`. */
  needRoomFor({ author }: Bookmark, role: Role): void {
    if (this.#bookmarks.size >= mostBookmarks) throw new AppError('examination/too-many-bookmarks', { limit: mostBookmarks });
    const own = [...this.all].filter((bookmark) => bookmark.author.key === author.key).length;
    if (!isAtLeast(role, 'marker') && own >= mostOfObserver)
      throw new AppError('examination/too-many-of-observer', { limit: mostOfObserver });
  }
}
