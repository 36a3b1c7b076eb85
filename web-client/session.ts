import { AppError, errorTable } from '../src/app-error.ts';
import type { WireError } from './worker-messages.ts';

/** The mark of an invitation in a link. What stands behind # is never sent to a server. */
const mark = '#invite=';

/** The invitation in a link or a part of one that somebody pasted; undefined where there is none. */
export function invitationIn(link: string): string | undefined {
  const at = link.indexOf(mark);
  const token = (at < 0 ? link : link.slice(at + mark.length)).trim();
  return /^[\w-]{43}$/.test(token) ? token : undefined;
}

/** A link that whoever gets it can open: this page's own address, unless that means this machine alone. */
export function shareableLink(link: string, page: string): string {
  const [own, told] = [new URL(page), new URL(link)];
  if (/^(localhost|127\.|\[::1\])/.test(own.hostname)) return link;
  told.host = own.host;
  // Setting a host without port keeps the other's.
  told.port = own.port;
  return told.href;
}

/** Comes in by an invitation: the browser keeps the session as a cookie. Answers why not. */
export async function comeIn(page: string, invitation: string, name: string): Promise<WireError | undefined> {
  try {
    const answer = await fetch(new URL('session', page), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ invitation, ...(name !== '' && { name }) }),
    });
    return answer.ok ? undefined : await errorOf(answer);
  } catch {
    return new AppError('server/no-answer').toJSON();
  }
}

export interface Refusal {
  readonly error: WireError;
  /** It will not be another time: there is no place now. */
  readonly passes: boolean;
}

/** Why this browser may not come in; undefined where it may, or where nobody can tell now. */
export async function refusal(address: string): Promise<Refusal | undefined> {
  const session = new URL('session', address);
  session.protocol = session.protocol.replace('ws', 'http');
  try {
    const answer = await fetch(session, { cache: 'no-store' });
    if (answer.status === 401 || answer.status === 403) return { error: await errorOf(answer), passes: false };
    const { lack } = (await answer.json()) as { readonly lack?: WireError };
    return lack && { error: lack, passes: true };
  } catch {
    return undefined;
  }
}

/** The reason that a server gives with code 4401. */
export function endOf(code: string): WireError {
  if (Object.hasOwn(errorTable, code)) return { code, ...errorTable[code as keyof typeof errorTable] };
  return { code, message: 'this session has ended', remedy: 'ask an operator' };
}

/** What a server answered instead of what was asked for. */
export async function errorOf(answer: Response): Promise<WireError> {
  const told: unknown = await answer.json().catch(() => undefined);
  const { code, message, remedy, values } = (told ?? {}) as Partial<WireError>;
  if (typeof code === 'string' && typeof message === 'string' && typeof remedy === 'string') {
    return { code, message, remedy, ...(values && { values }) };
  }
  return new AppError('server/odd-answer', { status: answer.status }).toJSON();
}
