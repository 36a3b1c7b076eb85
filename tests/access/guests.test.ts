import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataFolder } from '../../src/access/data-folder.ts';
import { Guests } from '../../src/access/guests.ts';

const dayMs = 24 * 3600_000;
let path: string;
let folder: DataFolder;
let guests: Guests;

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'lumencast-guests-'));
  folder = new DataFolder(path);
  guests = Guests.open(folder, (error) => {
    throw error;
  });
});
afterEach(async () => {
  await folder.close();
  rmSync(path, { recursive: true });
});

/** An invitation and the session of who came by it. */
function cameBy(madeBy: string | undefined, untilMs: number) {
  const wish = { label: 'Ward 3', role: 'operator' as const, once: false, linkUntilMs: untilMs, untilMs, ...(madeBy && { madeBy }) };
  const { invitation, token } = guests.invite(wish, 0);
  const { session } = guests.redeem(token, '', 0);
  return { invitation: invitation.id, session: session.id };
}

const idsOf = (sessions: readonly { readonly id: string }[]): string[] => sessions.map(({ id }) => id);

describe('whoever is distrusted takes along what came of him', () => {
  it.each(['access/revoked', 'access/sent-out'] as const)('%s, after having left', (code) => {
    const first = cameBy(undefined, dayMs);
    const guest = cameBy(first.session, dayMs);
    expect(idsOf(guests.endSession(first.session, 'access/no-session', 1))).toEqual([first.session]);
    expect(guests.invitation(guest.invitation)?.ended).toBeUndefined();

    expect(idsOf(guests.endSession(first.session, code, 2))).toEqual([guest.session]);
    expect(guests.invitation(guest.invitation)?.ended).toBe('access/revoked');
    expect(guests.endSession(first.session, code, 3)).toEqual([]);
  });

  it('over an invitation between them that has expired', () => {
    const first = cameBy(undefined, 30 * dayMs);
    const between = cameBy(first.session, dayMs);
    const guest = cameBy(between.session, 30 * dayMs);
    expect(idsOf(guests.sweep(dayMs).ended)).toEqual([between.session]);
    expect(idsOf(guests.endInvitation(first.invitation, 'access/revoked', dayMs))).toEqual([first.session, guest.session]);
    expect(guests.invitation(between.invitation)?.ended).toBe('access/expired');
  });

  it('weeks later: what leads to an invitation in force is not forgotten, and is once that has ended', () => {
    const first = cameBy(undefined, 60 * dayMs);
    const between = cameBy(first.session, dayMs);
    const guest = cameBy(between.session, 30 * dayMs);
    guests.endSession(first.session, 'access/no-session', 1);
    guests.sweep(dayMs);
    guests.sweep(20 * dayMs);
    expect(guests.sessionsOf(first.invitation)).toHaveLength(1);

    expect(idsOf(guests.endInvitation(first.invitation, 'access/revoked', 20 * dayMs))).toEqual([guest.session]);
    expect(guests.sweep(28 * dayMs).changed).toBe(true);
    expect(guests.invitations).toEqual([]);
  });
});

it('an invitation for one that could not be written is not used up', () => {
  const { token } = guests.invite({ label: 'Ward 3', role: 'observer', once: true, linkUntilMs: dayMs, untilMs: dayMs }, 0);
  const first = guests.redeem(token, '', 0);
  expect(() => guests.redeem(token, '', 0)).toThrow('used');
  guests.takeBack(first.session);
  expect(guests.sessionByToken(first.token)).toBeUndefined();
  guests.takeBack(first.session);
  const second = guests.redeem(token, '', 0);
  expect(guests.sessionByToken(second.token)?.id).toBe(second.session.id);
  expect(() => guests.redeem(token, '', 0)).toThrow('used');
});
