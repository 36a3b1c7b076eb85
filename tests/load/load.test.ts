import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasWebCodecs } from '../../src/codec/webcodecs.ts';
import { AgeHistogram } from '../../src/load/age-histogram.ts';
import { type LoadReport, loadCommand } from '../../src/load/load.ts';
import { openRoom } from '../broadcast/test-room.ts';
import { FaultProxy } from '../support/fault-proxy.ts';

const asked = { viewers: 3, seconds: 1, stream: 0, tier: 'auto', insecure: false, json: true } as const;

function expectAges({ p50, p95, p99, max }: LoadReport['ageMs']): void {
  expect(p50).toBeGreaterThan(0);
  expect(p95).toBeGreaterThanOrEqual(p50);
  expect(p99).toBeGreaterThanOrEqual(p95);
  // Quantiles are told in steps of a tenth.
  expect(max).toBeGreaterThanOrEqual(p99 - 0.1);
}

describe('lumencast load', () => {
  let room: Awaited<ReturnType<typeof openRoom>>;
  beforeAll(async () => {
    room = await openRoom([{ name: 'Echo', options: { width: 128, height: 96, fps: 50 } }], { viewers: 4 });
  });
  afterAll(() => room.close());

  const load = async (more: object): Promise<string> => {
    const lines: string[] = [];
    await loadCommand({ ...asked, address: room.address, ...more }, (line) => lines.push(line));
    return lines.join('\n');
  };

  it('counts what every viewer gets, as JSON', async () => {
    const report = JSON.parse(await load({ tier: 'raw', seconds: 3 })) as LoadReport;
    expect(report).toMatchObject({ viewers: 3, ended: [] });
    const bytes = (report.megabitsPerSecondPerViewer * 1e6) / 8;
    expect(bytes / report.framesPerSecond.mean / (128 * 96 + 48)).toBeCloseTo(1, 1);
    expect(report.framesPerSecond.least).toBeGreaterThan(0);
    expectAges(report.ageMs);
    expect(report.serverCpu?.cores).toBeGreaterThan(0);
  });

  it('ages and skips of a line that bears a fraction, in JSON and in the table', async () => {
    await using thin = await FaultProxy.open(Number(new URL(room.address).port), { bytesPerSecond: 50_000 });
    const over = { address: `http://127.0.0.1:${thin.port}/`, tier: 'raw', seconds: 4, viewers: 2 };
    const [json, table] = await Promise.all([load(over), load({ ...over, json: false })]);
    const report = JSON.parse(json) as LoadReport;
    // Four of fifty pictures a second.
    expect(report.skippedShare).toBeGreaterThan(0.5);
    const came = report.framesPerSecond.mean * report.viewers * report.seconds;
    expect(report.skipped / (report.skipped + came)).toBeCloseTo(report.skippedShare, 2);
    // Two pictures are under way over a line that bears four a second.
    expect(report.ageMs.p50).toBeGreaterThan(200);
    expectAges(report.ageMs);

    const [, p50, p95, p99, max] = /age on arrival +p50 ([\d.]+) ms, p95 ([\d.]+) ms, p99 ([\d.]+) ms, max ([\d.]+) ms/.exec(table) ?? [];
    expectAges({ p50: Number(p50), p95: Number(p95), p99: Number(p99), max: Number(max) });
    expect(Number(p50)).toBeGreaterThan(200);
    const [, skipped, share] = /skipped +(\d+) frames \(([\d.]+) %\)/.exec(table) ?? [];
    expect(Number(skipped)).toBeGreaterThan(10);
    expect(Number(share)).toBeGreaterThan(50);
    for (const row of ['viewers +2', 'frames per second +\\d', 'server +[\\d.]+ cores', 'video encoders ', 'this tool +[\\d.]+ cores'])
      expect(table).toMatch(new RegExp(row));
  });

  it.skipIf(process.platform !== 'linux' || !hasWebCodecs())(
    "counts the video encoder's process, which is none of the server's own (skipped where H.264 is not installed)",
    async () => {
      const idle = JSON.parse(await load({ tier: 'raw' })) as LoadReport;
      expect(idle.encoderCpu).toEqual({ cores: 0 });
      const report = JSON.parse(await load({ tier: 'video', seconds: 4 })) as LoadReport;
      expect(report.encoderCpu?.cores).toBeGreaterThan(0);
    },
  );

  it('says why it was not let in, and leaves no viewer behind', async () => {
    await expect(load({ viewers: 5 })).rejects.toMatchObject({ code: 'load/refused', fields: { reason: 'HTTP status 503' } });
    await expect.poll(async () => (await (await fetch(`${room.address}healthz`)).json()) as object).toMatchObject({ viewers: 0 });
    await expect(load({ address: 'http://127.0.0.1:1/' })).rejects.toMatchObject({ code: 'load/refused' });
    await expect(load({ stream: 7 })).rejects.toMatchObject({ code: 'load/refused' });
    for (const wrong of [{ address: 'here' }, { address: 'ftp://127.0.0.1/' }, { tier: 'best' }])
      await expect(load(wrong)).rejects.toMatchObject({ code: 'cli/bad-value' });
  });
});

it('comes in by a link of an invitation, over TLS, and reads the CPU time as that guest', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lumencast-load-'));
  const room = await openRoom(
    [{ name: 'Echo', options: { width: 128, height: 96, fps: 50 } }],
    {},
    { host: '0.0.0.0', dataFolder: folder },
  );
  try {
    const lines: string[] = [];
    const by = async (address: string): Promise<void> => loadCommand({ ...asked, address, insecure: true }, (line) => lines.push(line));
    await expect(by(room.address)).rejects.toMatchObject({ code: 'load/refused', fields: { reason: 'HTTP status 401' } });
    await by(room.invitation ?? '');
    expect(JSON.parse(lines.join(''))).toMatchObject({ viewers: 3, ended: [], serverCpu: { cores: expect.any(Number) } });
    await expect(by(room.invitation ?? '')).rejects.toMatchObject({ fields: { reason: expect.stringContaining('has been used') } });
  } finally {
    await room.close();
    rmSync(folder, { recursive: true });
  }
});

describe('the histogram of ages', () => {
  it('has the quantiles of the sorted list, to a tenth of a millisecond', () => {
    const histogram = new AgeHistogram();
    const ages = Array.from({ length: 1000 }, (_, at) => ((at * 7919) % 1000) / 3);
    for (const age of ages) histogram.add(age);
    const sorted = ages.toSorted((a, b) => a - b);
    for (const share of [0.5, 0.95, 0.99, 1])
      expect(histogram.quantile(share)).toBeCloseTo(sorted[Math.ceil(share * 1000) - 1] as number, 0.9);
    expect(histogram.max).toBe(sorted.at(-1));
    expect(new AgeHistogram().quantile(0.5)).toBe(0);
  });
});
