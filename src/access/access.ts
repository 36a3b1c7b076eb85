import { AppError } from '../app-error.ts';
import { isAtLeast, type Role } from '../protocol/roles.ts';

/** What somebody who was let in may do. */
export interface Access {
  readonly role: Role;
  /** What the others are told. */
  readonly name: string;
  /** The session; undefined where the door is open: on loopback without TLS. */
  readonly session: string | undefined;
  /** Short name of the invitation behind it. */
  readonly invitation: string | undefined;
  /** Aborted with an AppError as its reason once the session has ended: whatever is still being sent must stop then. */
  readonly ended: AbortSignal;
  /** Whether a stream exists for this viewer. */
  may(stream: number): boolean;
  /** Nothing is kept from this viewer, whatever streams there are. */
  readonly everyStream: boolean;
  /** Whether `other` may see whatever this one may. */
  within(other: Access): boolean;
}

/** Throws `access/not-permitted`; `what` names the act for people. */
export function refuseBelow(needed: Role, access: Access, what: string): void {
  if (!isAtLeast(access.role, needed)) throw new AppError('access/not-permitted', { what, needed, role: access.role });
}
