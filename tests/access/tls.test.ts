import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { openRoom, type TestViewer } from '../broadcast/test-room.ts';
import { ask, enter, knock, tokenOf } from './asking.ts';
import { shownBy, writeCertificate } from './certificates.ts';

const folder = mkdtempSync(join(tmpdir(), 'lumencast-tls-'));
const echo = { name: 'Echo', options: { kind: 'ultrasound', width: 160, height: 120, fps: 20 } };
const beyond = { host: '0.0.0.0', dataFolder: join(folder, 'data') };
let room: Awaited<ReturnType<typeof openRoom>> | undefined;

afterEach(async () => {
  await room?.close();
  room = undefined;
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The same server by the address of this machine itself, whatever networks it has. */
const local = (): string => `https://127.0.0.1:${new URL(room?.address ?? '').port}/`;

describe('beyond loopback', () => {
  it('starts with TLS, a certificate of its own, and nobody in; both outlive the server', async () => {
    room = await openRoom([echo], {}, beyond);
    expect(room.address).toMatch(/^https:/);
    const shown = await shownBy(room.address);
    expect(shown.fingerprint).toBe(room.fingerprint);
    expect(shown.protocol).toBe('TLSv1.3');
    expect(['TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256']).toContain(shown.cipher);
    for (const name of ['DNS:localhost', 'IP Address:127.0.0.1', `DNS:${hostname().toLowerCase()}`]) expect(shown.names).toContain(name);
    const modes = ['', 'certificate-key.pem', 'guests.json', 'server.lock'].map(
      (name) => statSync(join(folder, 'data', name)).mode & 0o777,
    );
    expect(modes.map((mode) => mode.toString(8))).toEqual(['700', '600', '600', '600']);

    expect(await knock(room.address)).toBe(401);
    await expect(ask(room.address.replace('https', 'http'), '')).rejects.toThrow();
    const token = tokenOf(room.invitation);
    const key = await enter(room.address, token, 'First operator');
    const kept = readFileSync(join(folder, 'data', 'guests.json'), 'utf8');
    expect(kept).toContain('First operator');
    for (const secret of [token, key.authorization.slice(7)]) expect(kept).not.toContain(secret);

    const before = room.fingerprint;
    await room.close();
    room = await openRoom([echo], {}, beyond);
    expect(room.fingerprint).toBe(before);
    expect(JSON.parse((await ask(room.address, 'session', key)).text)).toMatchObject({ role: 'operator', name: 'First operator' });
    expect((await ask(room.address, 'session', {}, 'POST', { invitation: token })).status).toBe(401);
  });

  it('gives a browser a cookie that no script, no other site and no plain line gets', async () => {
    room = await openRoom([echo], {}, beyond);
    const { origin, port } = new URL(room.address);
    const answer = await ask(room.address, 'session', { origin }, 'POST', { invitation: tokenOf(room.invitation), name: 'Dr Example' });
    const [cookie = ''] = answer.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(new RegExp(`^__Host-lumencast-${port}=`));
    for (const attribute of ['HttpOnly', 'Secure', 'SameSite=Strict', 'Path=/']) expect(cookie).toContain(attribute);
    expect(cookie).not.toContain('Domain');
    expect(answer.text).not.toContain('session');
    const [pair = ''] = cookie.split(';');
    expect(await knock(room.address, { cookie: pair, origin })).toBe(101);
    // The signature covers every character.
    const at = pair.indexOf('=') + 5;
    const forged = `${pair.slice(0, at)}${pair[at] === 'A' ? 'B' : 'A'}${pair.slice(at + 1)}`;
    expect(await knock(room.address, { cookie: forged, origin })).toBe(401);
    expect(answer.headers['strict-transport-security']).toContain('max-age=');

    // Who comes by the same link again keeps the session, although the link is used up.
    const again = await ask(room.address, 'session', { origin, cookie: pair }, 'POST', { invitation: tokenOf(room.invitation) });
    expect(again.status).toBe(200);
    expect((await ask(room.address, 'session', { origin, cookie: pair }, 'DELETE')).status).toBe(204);
    expect(await knock(room.address, { cookie: pair, origin })).toBe(401);
  });

  it('starts afresh, with everybody out, where the list of guests is damaged', async () => {
    room = await openRoom([echo], {}, beyond);
    const key = await enter(room.address, tokenOf(room.invitation));
    await room.close();
    writeFileSync(join(folder, 'data', 'guests.json'), '{"version":1,"invitations":[');
    room = await openRoom([echo], {}, beyond);
    expect(await knock(room.address, key)).toBe(401);
    expect(readFileSync(join(folder, 'data', 'guests.json.damaged'), 'utf8')).toContain('version');
    await enter(room.address, tokenOf(room.invitation));
  });

  it('shares its data folder with no other server, and takes it over from one that is gone', async () => {
    room = await openRoom([echo], {}, beyond);
    await expect(openRoom([echo], {}, beyond)).rejects.toMatchObject({ code: 'access/folder-in-use' });
    await room.close();
    writeFileSync(join(folder, 'data', 'server.lock'), '1 0');
    room = await openRoom([echo], {}, beyond);
    expect(await knock(room.address)).toBe(401);
  });

  it('says what is wrong with a data folder', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(openRoom([echo], {}, { ...beyond, dataFolder: join(folder, 'file') })).rejects.toMatchObject({
      code: 'access/folder-unusable',
    });
  });

  it('is gone for whoever holds an invitation that expires, by a clock that only runs forward: a jump of the calendar puts nobody out and ages no picture', async () => {
    room = await openRoom([echo], {}, beyond);
    const operator = await room.view(true, { headers: await enter(local(), tokenOf(room.invitation)), rejectUnauthorized: false });
    operator.say({ type: 'invite', request: 1, label: 'For an hour', role: 'observer', minutes: 60, once: true });
    await operator.until(() => operator.last('invited') !== undefined);
    const guest = await enter(local(), tokenOf(operator.last('invited')?.link));
    const viewer: TestViewer = await room.view(true, { headers: guest, rejectUnauthorized: false });
    viewer.say({ type: 'watch', stream: 0, views: ['processed'] });
    operator.say({ type: 'watch', stream: 0, views: ['processed'] });
    await viewer.until(() => viewer.frames.length > 3);
    const [calendar, clock] = [Date.now, process.hrtime.bigint];
    try {
      Date.now = () => calendar() + 3601_000;
      const { length } = operator.frames;
      await operator.until(() => operator.frames.length > length + 5);
      operator.say({ type: 'ping', sentUs: 0 });
      await operator.until(() => operator.last('pong') !== undefined);
      const ageMs = ((operator.last('pong')?.clockUs ?? 0) - (operator.frames.at(-1)?.header.capturedAtUs ?? 0)) / 1000;
      expect(ageMs).toBeGreaterThanOrEqual(0);
      expect(ageMs).toBeLessThan(2000);
      expect(viewer.closed).toBeUndefined();
      process.hrtime.bigint = () => clock() + 3_601_000_000_000n;
      await viewer.until(() => viewer.closed !== undefined);
      expect(viewer.closed).toEqual({ code: 4401, reason: 'access/expired' });
    } finally {
      Date.now = calendar;
      process.hrtime.bigint = clock;
    }
    // Back again: what has expired stays so.
    expect(await knock(local(), guest)).toBe(401);
    expect((await ask(local(), 'session', guest)).text).toContain('access/expired');
  });
});

describe('own certificate', () => {
  const files = { certificate: join(folder, 'own.pem'), key: join(folder, 'own-key.pem') };
  const settings = { tls: files, dataFolder: join(folder, 'own-data') };

  it('is used on loopback too, known by its names, and read again when it is replaced', async () => {
    await writeCertificate(files.certificate, files.key);
    room = await openRoom([echo], {}, settings);
    expect(room.address).toMatch(/^https:\/\/127\.0\.0\.1:/);
    const first = await shownBy(room.address);
    expect(first).toMatchObject({ fingerprint: room.fingerprint, names: 'DNS:echo.hospital.example' });
    const { port } = new URL(room.address);
    expect((await ask(room.address, '', { host: `echo.hospital.example:${port}` })).status).toBe(200);
    expect((await ask(room.address, '', { host: `other.hospital.example:${port}` })).status).toBe(403);
    const key = await enter(room.address, tokenOf(room.invitation));
    const viewer = await room.view(true, { headers: key, rejectUnauthorized: false });

    // In between the two do not fit each other: the old one stays.
    writeFileSync(files.certificate, 'not a certificate');
    await writeCertificate(join(folder, 'next.pem'), files.key);
    await expect.poll(async () => (await shownBy(room?.address ?? '')).fingerprint, { timeout: 3000 }).toBe(first.fingerprint);
    writeFileSync(files.certificate, readFileSync(join(folder, 'next.pem')));
    await expect.poll(async () => (await shownBy(room?.address ?? '')).fingerprint, { timeout: 8000 }).not.toBe(first.fingerprint);
    viewer.say({ type: 'ping', sentUs: 0 });
    await viewer.until(() => viewer.last('pong') !== undefined);
    expect(viewer.closed).toBeUndefined();
  });

  it('is refused by name of the fault', async () => {
    const code = (tls: object): Promise<unknown> =>
      openRoom([echo], {}, { ...settings, tls }).then(
        () => 'started',
        (error) => (error as { code: string }).code,
      );
    await writeCertificate(files.certificate, files.key);
    await writeCertificate(join(folder, 'other.pem'), join(folder, 'other-key.pem'));
    await writeCertificate(join(folder, 'old.pem'), join(folder, 'old-key.pem'), -1000);
    expect(await code({ certificate: files.certificate, key: join(folder, 'none.pem') })).toBe('tls/unreadable');
    expect(await code({ certificate: files.certificate, key: join(folder, 'other-key.pem') })).toBe('tls/refused');
    expect(await code({ certificate: files.key, key: files.key })).toBe('tls/refused');
    expect(await code({ certificate: join(folder, 'old.pem'), key: join(folder, 'old-key.pem') })).toBe('tls/expired');
  });
});
