import type { IncomingMessage } from 'node:http';
import { fastifyCookie, Signer } from '@fastify/cookie';
import { Subject } from 'rxjs';
import { AppError } from '../app-error.ts';
import type { Invitation } from '../protocol/messages.ts';
import { isAtLeast, type Role } from '../protocol/roles.ts';
import type { Access } from './access.ts';
import { addressGroup } from './connections.ts';
import { Guesses } from './guesses.ts';
import type { EndCode, GuestInvitation, GuestSession, Guests } from './guests.ts';
import { refuseForeign, refusePassedOn, type Site } from './origin.ts';

/** How exact an expiry is kept: whoever is out is gone within a second. */
const sweepPeriodMs = 250;
/** The link that is printed at the start is for whoever started the server: soon. */
const startLinkMs = 3600_000;
const startSessionMs = 30 * 24 * 3600_000;
/** Of RFC 6265 §5.3 a browser's own bound is 400 days at most; a session ends with its invitation anyway. */
const longestCookieS = 400 * 24 * 3600;

export interface InvitationOrder {
  readonly label: string;
  readonly role: Role;
  /** Absent: all. */
  readonly streams?: readonly number[];
  readonly minutes: number;
  readonly once: boolean;
}

/** Somebody was let in: the session for `Authorization`, and the same as `Set-Cookie`. */
export interface Entered {
  readonly access: Access;
  readonly token: string;
  readonly cookie: string;
}

export interface DoorSettings {
  readonly site: Site;
  /** Names of the streams by their numbers. */
  streamNames(): readonly string[];
  /** Undefined: whoever reaches this server is let in as operator. */
  readonly guests: Guests | undefined;
  /** Wall clock, Unix milliseconds. */
  nowMs(): number;
  readonly log: { info(fields: object, text: string): void; warn(fields: object, text: string): void };
}

/** Who is let in, and for how long. */
export class Door {
  /** The list of invitations is another one now. */
  readonly changed$ = new Subject<void>();
  readonly #settings: DoorSettings;
  readonly #guests: Guests | undefined;
  readonly #signer: Signer | undefined;
  readonly #guesses = new Guesses();
  /** Of sessions that somebody uses now or has used. */
  readonly #ends = new Map<string, AbortController>();
  readonly #open: Access = {
    role: 'operator',
    name: 'This machine',
    session: undefined,
    invitation: undefined,
    ended: new AbortController().signal,
    may: () => true,
    everyStream: true,
    within: (other) => other.everyStream,
  };
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(settings: DoorSettings) {
    this.#settings = settings;
    this.#guests = settings.guests;
    this.#signer = settings.guests && new Signer(settings.guests.cookieKey);
    if (settings.guests !== undefined) this.#timer = setInterval(() => this.#sweep(), sweepPeriodMs);
  }

  get invited(): boolean {
    return this.#guests !== undefined;
  }

  /**
   * Who asks, by the session in `Authorization` (Bearer, or Basic with the session as password) or in the cookie.
   * Throws access/… errors, for whoever gets nothing.
   */
  admit(request: IncomingMessage): Access {
    refuseForeign(request, this.#settings.site);
    if (this.#guests === undefined) {
      refusePassedOn(request);
      return this.#open;
    }
    const token = this.#tokenOf(request);
    const session = token === undefined ? undefined : this.#guests.sessionByToken(token);
    if (session === undefined) throw new AppError('access/no-session');
    return this.#accessOf(session);
  }

  /** Throws where the request does not come from this server's own page or a program of its user. */
  refuseForeign(request: IncomingMessage): void {
    refuseForeign(request, this.#settings.site);
  }

  /** Lets in by an invitation's token; a browser that comes by the same invitation again keeps its session. */
  async redeem(request: IncomingMessage, token: string, name: string): Promise<Entered> {
    const guests = this.#needGuests();
    const kept = this.#keptSession(guests, request, token);
    if (kept !== undefined) return kept;
    const { session, token: own } = this.#guess(guests, request, token, name);
    this.#settings.log.info({ session: session.id, invitation: session.invitation }, 'somebody came in');
    await this.#save().catch((error) => {
      // A full disk must not keep whoever started this server from its pictures.
      if (guests.invitation(session.invitation)?.madeBy !== undefined) {
        guests.takeBack(session);
        throw error;
      }
      this.#notSaved(error);
    });
    return { access: this.#accessOf(session), token: own, cookie: this.cookie(request, own, session) };
  }

  /** `Set-Cookie` for a session; of one that has ended, what takes it away. */
  cookie(request: IncomingMessage, token: string, session: GuestSession | undefined): string {
    const untilMs = (session && this.#guests?.invitation(session.invitation)?.untilMs) ?? 0;
    const leftS = Math.max(0, Math.floor((untilMs - this.#settings.nowMs()) / 1000));
    return fastifyCookie.serialize(this.#cookieName(request), this.#signer?.sign(token) ?? '', {
      path: '/',
      httpOnly: true,
      sameSite: 'strict',
      secure: this.#settings.site.scheme === 'https',
      maxAge: session === undefined ? 0 : Math.min(longestCookieS, leftS),
    });
  }

  /** When the access ends by itself; undefined where it does not. */
  untilMs(access: Access): number | undefined {
    return access.invitation === undefined ? undefined : this.#guests?.invitation(access.invitation)?.untilMs;
  }

  /** Makes an invitation as far as `by` may give it; answers the token, which nobody can find out again. */
  async invite(order: InvitationOrder, by: Access): Promise<{ invitation: string; token: string }> {
    const guests = this.#needGuests();
    const hidden = order.streams === undefined ? !by.everyStream : order.streams.some((stream) => !by.may(stream));
    if (hidden) throw new AppError('access/not-permitted', { what: 'an invitation to these streams', needed: 'all', role: by.role });
    const nowMs = this.#settings.nowMs();
    const untilMs = nowMs + order.minutes * 60_000;
    const { label, role, once } = order;
    const keys = this.#streamKeys();
    const streams = order.streams?.map((stream) => keys[stream] ?? '');
    const made = guests.invite(
      { label, role, once, linkUntilMs: untilMs, untilMs, ...(streams && { streams }), ...(by.session && { madeBy: by.session }) },
      nowMs,
    );
    this.#settings.log.info({ invitation: made.invitation.id, role, by: by.session }, 'an invitation was made');
    await this.#save();
    return { invitation: made.invitation.id, token: made.token };
  }

  /** The way in for whoever started this server; the one before it leads nowhere any more. */
  async inviteFirst(): Promise<string> {
    const guests = this.#needGuests();
    const nowMs = this.#settings.nowMs();
    const label = 'Operator, by the link printed at the start';
    for (const { id, used, madeBy, once } of guests.invitations) {
      if (madeBy === undefined && once && used === 0) guests.endInvitation(id, 'access/expired', nowMs);
    }
    const until = { linkUntilMs: nowMs + startLinkMs, untilMs: nowMs + startSessionMs };
    const { token } = guests.invite({ label, role: 'operator', once: true, ...until }, nowMs);
    await this.#save().catch((error) => this.#notSaved(error));
    return token;
  }

  /** Ends an invitation and puts out whoever came by it. Throws `access/unknown-invitation`. */
  async revoke(id: string, by: Access): Promise<void> {
    const guests = this.#needGuests();
    const invitation = guests.invitation(id);
    if (invitation === undefined || invitation.ended !== undefined || !this.#sees(by, invitation)) {
      throw new AppError('access/unknown-invitation', { invitation: id });
    }
    this.#settings.log.info({ invitation: id, by: by.session }, 'an invitation was revoked');
    this.#putOut(guests.endInvitation(id, 'access/revoked', this.#settings.nowMs()));
    await this.#save();
  }

  async endSession(id: string, code: EndCode): Promise<void> {
    const guests = this.#needGuests();
    this.#settings.log.info({ session: id, code }, 'a session was ended');
    this.#putOut(guests.endSession(id, code, this.#settings.nowMs()));
    await this.#save();
  }

  /** What an operator may know of the invitations, newest first. */
  invitationsFor(by: Access): Invitation[] {
    if (this.#guests === undefined || !isAtLeast(by.role, 'operator')) return [];
    const keys = this.#streamKeys();
    const nowMs = this.#settings.nowMs();
    return this.#guests.invitations
      .filter((invitation) => this.#sees(by, invitation))
      .map(({ id, label, role, streams, once, used, madeMs, untilMs, linkUntilMs, ended }) => ({
        invitation: id,
        label,
        role,
        ...(streams && { streams: streams.map((key) => keys.indexOf(key)).filter((stream) => stream >= 0) }),
        once,
        used,
        madeMs,
        untilMs,
        state: ended === undefined ? openState(once && used > 0, nowMs >= linkUntilMs) : ended === 'access/expired' ? 'expired' : 'revoked',
      }));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#guests?.save().catch((error) => this.#notSaved(error));
    this.changed$.complete();
  }

  #keptSession(guests: Guests, request: IncomingMessage, invitation: string): Entered | undefined {
    const token = this.#tokenOf(request);
    const session = token === undefined ? undefined : guests.sessionByToken(token);
    if (token === undefined || session === undefined || session.ended !== undefined) return undefined;
    if (guests.invitationByToken(invitation)?.id !== session.invitation) return undefined;
    return { access: this.#accessOf(session), token, cookie: this.cookie(request, token, session) };
  }

  #guess(guests: Guests, request: IncomingMessage, token: string, name: string): ReturnType<Guests['redeem']> {
    const address = addressGroup(request.socket.remoteAddress ?? '');
    this.#guesses.refuse(address, performance.now());
    try {
      return guests.redeem(token, name, this.#settings.nowMs());
    } catch (thrown) {
      this.#guesses.failed(address, performance.now());
      throw thrown;
    }
  }

  #needGuests(): Guests {
    if (this.#guests === undefined) throw new AppError('access/no-invitations');
    return this.#guests;
  }

  #tokenOf(request: IncomingMessage): string | undefined {
    const { authorization, cookie } = request.headers;
    if (authorization !== undefined) return authorizedToken(authorization);
    const signed = cookie === undefined ? undefined : fastifyCookie.parse(cookie)[this.#cookieName(request)];
    const { valid, value } = signed === undefined ? { valid: false, value: null } : (this.#signer as Signer).unsign(signed);
    return valid && value !== null ? value : undefined;
  }

  /** Cookies do not tell ports apart, and several servers may run on one machine. RFC 6265bis §4.1.3.2: `__Host-` binds it to this host. */
  #cookieName(request: IncomingMessage): string {
    const prefix = this.#settings.site.scheme === 'https' ? '__Host-' : '';
    return `${prefix}lumencast-${request.socket.localPort ?? 0}`;
  }

  #accessOf(session: GuestSession): Access {
    const invitation = this.#guests?.invitation(session.invitation);
    if (invitation === undefined) throw new AppError('access/no-session');
    if (session.ended !== undefined) throw new AppError(session.ended);
    if (this.#settings.nowMs() >= invitation.untilMs) throw new AppError('access/expired');
    const { role, streams } = invitation;
    let end = this.#ends.get(session.id);
    if (end === undefined) {
      end = new AbortController();
      this.#ends.set(session.id, end);
    }
    return {
      role,
      name: session.name,
      session: session.id,
      invitation: invitation.id,
      ended: end.signal,
      may: (stream) => streams === undefined || streams.includes(this.#streamKeys()[stream] ?? ''),
      everyStream: streams === undefined,
      within: (other) => this.#sees(other, invitation),
    };
  }

  /** An operator for some streams has nothing to do with invitations that reach further. */
  #sees(by: Access, { streams }: GuestInvitation): boolean {
    if (by.everyStream) return true;
    const keys = this.#streamKeys();
    return streams?.every((key) => by.may(keys.indexOf(key))) === true;
  }

  /** Names tell streams apart over restarts; of several with one name the first, the second… */
  #streamKeys(): readonly string[] {
    const names = this.#settings.streamNames();
    return names.map((name, at) => {
      const before = names.slice(0, at).filter((other) => other === name).length;
      return before === 0 ? name : `${name}\n${before}`;
    });
  }

  #sweep(): void {
    const { ended, changed } = this.#needGuests().sweep(this.#settings.nowMs());
    this.#putOut(ended);
    if (changed) this.#save().catch((error) => this.#notSaved(error));
  }

  #putOut(sessions: readonly GuestSession[]): void {
    for (const { id, ended } of sessions) {
      this.#ends.get(id)?.abort(new AppError(ended ?? 'access/revoked'));
      this.#ends.delete(id);
    }
  }

  /** What is known here holds until the server ends. */
  #notSaved({ code, message, remedy }: AppError): void {
    this.#settings.log.warn({ code }, `${code}: ${message} (${remedy})`);
  }

  async #save(): Promise<void> {
    this.changed$.next();
    await this.#needGuests().save();
  }
}

function openState(usedUp: boolean, linkOver: boolean): Invitation['state'] {
  if (usedUp) return 'used';
  return linkOver ? 'expired' : 'open';
}

/** RFC 6750 §2.1; RFC 7617 for what can only open an address with a name and a password in it. */
function authorizedToken(authorization: string): string | undefined {
  const [, scheme = '', value = ''] = /^(\w+) +([\w+/=~.-]+) *$/.exec(authorization) ?? [];
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const pair = Buffer.from(value, 'base64').toString();
  return pair.slice(pair.indexOf(':') + 1);
}
