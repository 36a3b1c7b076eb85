import { createHash, randomBytes } from 'node:crypto';
import Type, { type Static } from 'typebox';
import { Value } from 'typebox/value';
import { AppError, type ErrorCode } from '../app-error.ts';
import { roleNames } from '../protocol/roles.ts';
import type { DataFolder } from './data-folder.ts';

const fileName = 'guests.json';
/** How long what has ended is still told apart from what never was. */
const keptMs = 7 * 24 * 3600_000;
const mostInvitations = 1000;
const mostSessions = 256;

const Ended = Type.Union([
  Type.Literal('access/expired'),
  Type.Literal('access/revoked'),
  Type.Literal('access/sent-out'),
  Type.Literal('access/no-session'),
]);
export type EndCode = Static<typeof Ended> & ErrorCode;

const GuestInvitation = Type.Object({
  id: Type.String(),
  hash: Type.String(),
  label: Type.String(),
  role: Type.Union(roleNames.map((role) => Type.Literal(role))) as unknown as import('typebox').TUnsafe<(typeof roleNames)[number]>,
  /** Names of streams: their numbers may be others after a restart. Absent: all. */
  streams: Type.Optional(Type.Array(Type.String())),
  once: Type.Boolean(),
  used: Type.Integer(),
  madeMs: Type.Number(),
  /** Nobody new is let in after this. */
  linkUntilMs: Type.Number(),
  /** Everybody who came by it is out after this. */
  untilMs: Type.Number(),
  /** The session that made it; absent: this server. */
  madeBy: Type.Optional(Type.String()),
  ended: Type.Optional(Ended),
  endedMs: Type.Optional(Type.Number()),
});
const GuestSession = Type.Object({
  id: Type.String(),
  hash: Type.String(),
  invitation: Type.String(),
  name: Type.String(),
  sinceMs: Type.Number(),
  ended: Type.Optional(Ended),
  endedMs: Type.Optional(Type.Number()),
});
const GuestFile = Type.Object({
  version: Type.Literal(1),
  cookieKey: Type.String({ minLength: 43 }),
  invitations: Type.Array(GuestInvitation),
  sessions: Type.Array(GuestSession),
});

export type GuestInvitation = Static<typeof GuestInvitation>;
export type GuestSession = Static<typeof GuestSession>;
export type InvitationWish = Pick<GuestInvitation, 'label' | 'role' | 'streams' | 'once' | 'linkUntilMs' | 'untilMs' | 'madeBy'>;

/**
 * Invitations and the sessions that came of them, kept in one file. Of a token only the SHA-256 is kept: with 256 random bits
 * behind it there is nothing to guess, and who reads the file gets in nowhere. All times are of the wall clock.
 */
export class Guests {
  readonly #folder: DataFolder;
  readonly #cookieKey: string;
  readonly #invitations = new Map<string, GuestInvitation>();
  readonly #sessions = new Map<string, GuestSession>();
  readonly #byHash = new Map<string, GuestSession>();

  private constructor(folder: DataFolder, { cookieKey, invitations, sessions }: Static<typeof GuestFile>) {
    this.#folder = folder;
    this.#cookieKey = cookieKey;
    for (const invitation of invitations) this.#invitations.set(invitation.id, invitation);
    for (const session of sessions) this.#keep(session);
  }

  /** Reads the file; one that is damaged is put aside, and everybody is out. `told` hears of it. */
  static open(folder: DataFolder, told: (error: AppError) => void): Guests {
    const text = folder.read(fileName);
    const fresh = { version: 1 as const, cookieKey: newToken(), invitations: [], sessions: [] };
    if (text === undefined) return new Guests(folder, fresh);
    try {
      return new Guests(folder, Value.Parse(GuestFile, JSON.parse(text)));
    } catch {
      folder.putAside(fileName);
      told(new AppError('access/state-damaged', { file: fileName, reason: 'it does not read as invitations' }));
      return new Guests(folder, fresh);
    }
  }

  get cookieKey(): string {
    return this.#cookieKey;
  }

  get invitations(): readonly GuestInvitation[] {
    return [...this.#invitations.values()].reverse();
  }

  invitation(id: string): GuestInvitation | undefined {
    return this.#invitations.get(id);
  }

  invitationByToken(token: string): GuestInvitation | undefined {
    const hash = hashOf(token);
    return this.invitations.find((invitation) => invitation.hash === hash);
  }

  sessionsOf(invitation: string): readonly GuestSession[] {
    return [...this.#sessions.values()].filter((session) => session.invitation === invitation);
  }

  sessionByToken(token: string): GuestSession | undefined {
    return this.#byHash.get(hashOf(token));
  }

  invite(wish: InvitationWish, nowMs: number): { invitation: GuestInvitation; token: string } {
    const inForce = this.invitations.filter(({ ended }) => ended === undefined).length;
    if (inForce >= mostInvitations) throw new AppError('access/too-many-invitations', { limit: mostInvitations });
    const token = newToken();
    const invitation = { id: newName(), hash: hashOf(token), used: 0, madeMs: nowMs, ...wish };
    this.#invitations.set(invitation.id, invitation);
    return { invitation, token };
  }

  /** Turns the token of an invitation into a session. Throws access/… errors. */
  redeem(token: string, name: string, nowMs: number): { session: GuestSession; token: string } {
    const invitation = this.invitationByToken(token);
    if (invitation === undefined) throw new AppError('access/invitation-unknown');
    if (invitation.ended !== undefined) throw new AppError(invitation.ended === 'access/no-session' ? 'access/revoked' : invitation.ended);
    if (invitation.once && invitation.used > 0) throw new AppError('access/invitation-used');
    if (nowMs >= Math.min(invitation.linkUntilMs, invitation.untilMs)) throw new AppError('access/expired');
    if (invitation.used >= mostSessions) throw new AppError('access/too-many-sessions', { limit: mostSessions });
    invitation.used++;
    const own = newToken();
    const session = { id: newName(), hash: hashOf(own), invitation: invitation.id, name: name || invitation.label, sinceMs: nowMs };
    this.#keep(session);
    return { session, token: own };
  }

  /** Nobody was told its token: it never was, and what it came by can be used. */
  takeBack(session: GuestSession): void {
    const invitation = this.#invitations.get(session.invitation);
    if (!this.#sessions.delete(session.id) || invitation === undefined) return;
    this.#byHash.delete(session.hash);
    invitation.used--;
  }

  /** Answers the sessions that end with it: of those who came by it, and by what these have made. */
  endInvitation(id: string, code: EndCode, nowMs: number): GuestSession[] {
    const invitation = this.#invitations.get(id);
    if (invitation === undefined || (invitation.ended !== undefined && !isDistrust(code))) return [];
    if (invitation.ended === undefined) {
      invitation.ended = code;
      invitation.endedMs = nowMs;
    }
    return this.sessionsOf(id).flatMap((session) => this.endSession(session.id, code, nowMs));
  }

  /** What somebody made who is distrusted now ends too, also after that one has left; what somebody made whose time is over stays. */
  endSession(id: string, code: EndCode, nowMs: number): GuestSession[] {
    const session = this.#sessions.get(id);
    if (session === undefined) return [];
    const endsNow = session.ended === undefined;
    if (endsNow) {
      session.ended = code;
      session.endedMs = nowMs;
    }
    const made = isDistrust(code) ? this.invitations.filter(({ madeBy }) => madeBy === id) : [];
    return [...(endsNow ? [session] : []), ...made.flatMap((invitation) => this.endInvitation(invitation.id, 'access/revoked', nowMs))];
  }

  /** Ends what has expired and forgets what ended long ago. Answers the sessions that ended now. */
  sweep(nowMs: number): { readonly ended: readonly GuestSession[]; readonly changed: boolean } {
    const due = this.invitations.filter(({ ended, untilMs }) => ended === undefined && untilMs <= nowMs);
    const ended = due.flatMap(({ id }) => this.endInvitation(id, 'access/expired', nowMs));
    const named = this.#namedByOthers();
    const old = ({ id, endedMs }: { readonly id: string; readonly endedMs?: number }): boolean =>
      endedMs !== undefined && nowMs - endedMs > keptMs && !named.has(id);
    const forgotten = [...this.#sessions.values()].filter(old);
    for (const { id, hash } of forgotten) {
      this.#sessions.delete(id);
      this.#byHash.delete(hash);
    }
    const gone = this.invitations.filter(old);
    for (const { id } of gone) this.#invitations.delete(id);
    return { ended, changed: due.length + forgotten.length + gone.length > 0 };
  }

  /** Resolves when what stands here now would survive a power cut. */
  save(): Promise<void> {
    const file = {
      version: 1,
      cookieKey: this.#cookieKey,
      invitations: [...this.#invitations.values()],
      sessions: [...this.#sessions.values()],
    };
    return this.#folder.write(fileName, JSON.stringify(file, undefined, 1));
  }

  /** Sessions and invitations that those in force go back to: whoever revokes one of them means what came of it. */
  #namedByOthers(): ReadonlySet<string> {
    const named = new Set<string>();
    for (const { ended, madeBy } of this.#invitations.values()) {
      let maker = ended === undefined && madeBy !== undefined ? this.#sessions.get(madeBy) : undefined;
      while (maker !== undefined && !named.has(maker.id)) {
        named.add(maker.id).add(maker.invitation);
        maker = this.#sessions.get(this.#invitations.get(maker.invitation)?.madeBy ?? '');
      }
    }
    return named;
  }

  #keep(session: GuestSession): void {
    this.#sessions.set(session.id, session);
    this.#byHash.set(session.hash, session);
  }
}

const isDistrust = (code: EndCode): boolean => code === 'access/revoked' || code === 'access/sent-out';
const newToken = (): string => randomBytes(32).toString('base64url');
const newName = (): string => randomBytes(6).toString('base64url');
const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url');
