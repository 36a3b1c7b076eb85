import type { ServerMessage } from '../protocol/messages.ts';
import type { Member } from './member.ts';

/** Whose question a message answers. */
export interface Asker {
  readonly member: Member;
  readonly request: number;
}

/** Everybody who is connected. What they are told in common is written once. */
export class Audience {
  readonly #members = new Map<number, Member>();

  get members(): Iterable<Member> {
    return this.#members.values();
  }

  get size(): number {
    return this.#members.size;
  }

  add(member: Member): void {
    this.#members.set(member.id, member);
  }

  remove(member: Member): void {
    this.#members.delete(member.id);
  }

  /** `stream`: only those who may see it; undefined, for what belongs to no stream any more: only those who may see all. */
  tellOf(stream: number | undefined, message: ServerMessage, asker?: Asker): void {
    let text: string | undefined;
    for (const member of this.#members.values()) {
      if (member === asker?.member || !sees(member, stream)) continue;
      text ??= JSON.stringify(message);
      member.tellText(text);
    }
    if (asker !== undefined) answer(asker, message);
  }

  /** Each is told its own; those to whom `kind` says the same are told the same text, those to whom it says nothing, nothing. */
  tellEach(kind: (member: Member) => string | undefined, message: (member: Member) => ServerMessage): void {
    const texts = new Map<string, string>();
    for (const member of this.#members.values()) {
      const own = kind(member);
      if (own === undefined) continue;
      const text = texts.get(own) ?? JSON.stringify(message(member));
      texts.set(own, text);
      member.tellText(text);
    }
  }
}

export const sees = ({ access }: Member, stream: number | undefined): boolean =>
  stream === undefined ? access.everyStream : access.may(stream);

export function tell(member: Member, message: ServerMessage): void {
  member.tellText(JSON.stringify(message));
}

export function answer({ member, request }: Asker, message: ServerMessage): void {
  member.tellText(JSON.stringify({ ...message, request }));
}
