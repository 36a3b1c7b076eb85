import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify from 'fastify';
import { expect, it } from 'vitest';
import { DataFolder } from '../../src/access/data-folder.ts';
import { Door } from '../../src/access/door.ts';
import { Guests } from '../../src/access/guests.ts';
import { isLoopback } from '../../src/access/origin.ts';
import { CutOff } from '../../src/broadcast/cut-off.ts';
import { servePast } from '../../src/broadcast/past-routes.ts';
import { fileEnd, fileHead } from '../../src/past/frame-file.ts';
import { FrameIndex } from '../../src/past/frame-index.ts';
import { ask } from '../access/asking.ts';

it.each(['index', 'frames'])('gives no %s of a kept file to who was put out while it was looked for', async (route) => {
  const path = mkdtempSync(join(tmpdir(), 'lumencast-routes-'));
  const file = join(path, 'kept.frames');
  writeFileSync(file, Buffer.concat([fileHead(), fileEnd(fileHead().length, [], new FrameIndex())]));
  const folder = new DataFolder(path);
  const guests = Guests.open(folder, (error) => {
    throw error;
  });
  const log = { info: () => undefined, warn: () => undefined };
  const site = { scheme: 'http', knows: isLoopback } as const;
  const door = new Door({ site, guests, log, nowMs: () => Date.now(), streamNames: () => ['Echo'] });
  const untilMs = Date.now() + 3600_000;
  const wish = { label: 'Ward 3', role: 'marker', once: false, linkUntilMs: untilMs, untilMs } as const;
  const { session, token } = guests.redeem(guests.invite(wish, Date.now()).token, 'Anna', Date.now());
  const http = fastify();
  let isPutOut = false;
  const keptPlace = async () => {
    if (isPutOut) await door.endSession(session.id, 'access/revoked');
    return { path: file, examination: '2.25.1', stream: 0 };
  };
  const none = () => undefined;
  const cutOff = new CutOff(http.server);
  servePast(http, { streams: [], door, past: undefined, keptPlace, boundaryUs: none, openExamination: none, cutOff });
  await http.listen({ port: 0, host: '127.0.0.1' });
  const address = `http://127.0.0.1:${(http.server.address() as AddressInfo).port}/`;
  const get = async (): Promise<string> =>
    (await ask(address, `kept/${'0'.repeat(16)}/${route}`, { authorization: `Bearer ${token}` })).text;
  expect(await get()).not.toContain('access/');
  isPutOut = true;
  expect(await get()).toContain('access/revoked');
  await http.close();
  await door.close();
  await folder.close();
  rmSync(path, { recursive: true });
});
