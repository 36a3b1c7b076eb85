import { describe, expect, it } from 'vitest';
import { endOf, invitationIn, shareableLink } from '../../web-client/session.ts';

const token = `${'Ab3-_'.repeat(8)}xyz`;

describe('an invitation', () => {
  it('is found in a whole link, in its end, and alone', () => {
    for (const link of [`https://lab:8420/#invite=${token}`, `#invite=${token}`, ` ${token}\n`]) expect(invitationIn(link)).toBe(token);
  });

  it('is not found in anything else', () => {
    for (const link of ['', 'https://lab:8420/', '#', `#invite=${token}x`, `#invite=${token.slice(1)}`, `#other=${token}`])
      expect(invitationIn(link)).toBeUndefined();
  });

  it('is handed on by the address that this page was opened by, unless nobody else can open that', () => {
    const link = `https://192.0.2.7:8420/#invite=${token}`;
    expect(shareableLink(link, 'https://echo.hospital.example/')).toBe(`https://echo.hospital.example/#invite=${token}`);
    for (const own of ['https://localhost:8420/', 'https://127.0.0.1:8420/', 'https://[::1]:8420/'])
      expect(shareableLink(link, own)).toBe(link);
  });
});

it('says why a session has ended, also with a code of a newer server', () => {
  expect(endOf('access/revoked')).toMatchObject({ code: 'access/revoked', message: 'this invitation was revoked' });
  expect(endOf('access/of-tomorrow')).toMatchObject({ message: 'this session has ended' });
  expect(endOf('toString').message).toBe('this session has ended');
});
