import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import rateLimit from '@fastify/rate-limit';
import fastify from 'fastify';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RequestCounts } from '../../src/access/request-counts.ts';
import { openRoom } from '../broadcast/test-room.ts';
import { ask } from './asking.ts';

const hourMs = 3600_000;

describe('requests of an address, while the calendar is set back by an hour', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lumencast-rates-'));
    vi.useFakeTimers({ toFake: ['Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
    rmSync(folder, { recursive: true });
  });

  it('are let in again when the minute is over, as the server says', async () => {
    const streams = [{ name: 'Echo', options: { width: 160, height: 120, fps: 10 } }];
    const room = await openRoom(streams, { requestsPerMinute: 60 }, { access: 'invited', dataFolder: folder });
    for (let asked = 0; asked < 60; asked++) expect((await ask(room.address, 'healthz')).status).toBe(200);
    const seconds = async (): Promise<number> => {
      const { status, headers, text } = await ask(room.address, 'healthz');
      expect([status, JSON.parse(text)]).toMatchObject([429, { code: 'access/too-many-requests' }]);
      return Number(headers['retry-after']);
    };
    expect(await seconds()).toBeLessThanOrEqual(60);
    vi.setSystemTime(Date.now() - hourMs);
    expect(await seconds()).toBeLessThanOrEqual(60);
    await room.close();
  });

  it('and are served in every further window', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    const http = fastify();
    await http.register(rateLimit, { max: 3, timeWindow: 1000, store: RequestCounts });
    http.get('/', async () => 'here');
    const statuses = async (asked: number): Promise<number[]> => {
      const all: number[] = [];
      for (let at = 0; at < asked; at++) all.push((await http.inject('/')).statusCode);
      return all;
    };
    expect(await statuses(4)).toEqual([200, 200, 200, 429]);
    vi.setSystemTime(Date.now() - hourMs);
    for (let window = 1; window <= 3; window++) {
      vi.advanceTimersByTime(999);
      expect(await statuses(1)).toEqual([429]);
      vi.advanceTimersByTime(1);
      expect(await statuses(4)).toEqual([200, 200, 200, 429]);
    }
    await http.close();
  });
});

it('what has begun first is forgotten where there are too many addresses', () => {
  const counts = new RequestCounts();
  const ask = (address: string): number => {
    let now = 0;
    counts.incr(address, (_error, { current }) => (now = current), hourMs);
    return now;
  };
  for (let at = 0; at < 10_000; at++) ask(`${at}`);
  expect(ask('0')).toBe(2);
  ask('one more');
  expect(ask('0')).toBe(1);
  expect(ask('9999')).toBe(2);
});
