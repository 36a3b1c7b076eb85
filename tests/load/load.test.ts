import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgeHistogram } from '../../src/load/age-histogram.ts';
import { type LoadReport, loadCommand } from '../../src/load/load.ts';
import { openRoom } from '../broadcast/test-room.ts';

const asked = { viewers: 3, seconds: 1, stream: 0, tier: 'auto', insecure: false, json: true } as const;

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
    expect(report.ageMs.p50).toBeGreaterThan(0);
    expect(report.ageMs.max).toBeGreaterThanOrEqual(report.ageMs.p99);
    expect(report.serverCpu?.cores).toBeGreaterThan(0);
  });

  it('and as a table', async () => {
    const table = await load({ json: false, tier: 'exact' });
    for (const row of ['frames per second', 'age on arrival', 'skipped', 'server', 'this tool']) expect(table).toContain(row);
  });

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
