import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { seeded } from '../support/mutant.ts';
import { lostOf, WritingProcess } from './acknowledged.ts';
import { openArchive } from './examples.ts';
import { LoopDisk, whyNoDisks } from './loop-disk.ts';

const rounds = Number(process.env.LUMENCAST_POWER_CUTS ?? 4);
const reason = whyNoDisks();
if (reason !== undefined) console.warn(`tests/archive/power-cut.test.ts is skipped: ${reason}`);

/** Runs a writer on a disk and answers the disk without power at a moment after so many acknowledgements. */
async function cutPower(program: string, lines: number): Promise<{ disk: LoopDisk; acknowledged: ReadonlyMap<string, number> }> {
  using disk = new LoopDisk(64);
  const writer = new WritingProcess(disk.path, program);
  try {
    await writer.read(2);
    disk.sync();
    await writer.read(lines);
    writer.stop();
    const copy = disk.afterPowerCut();
    return { disk: copy, acknowledged: writer.acknowledged };
  } finally {
    await writer.kill();
  }
}

describe.skipIf(reason !== undefined)(`a power cut${reason === undefined ? '' : ` (${reason})`}`, () => {
  it(`loses nothing acknowledged, ${rounds} times`, { timeout: 30_000 + rounds * 10_000 }, async () => {
    const random = seeded(66);
    for (let round = 0; round < rounds; round++) {
      const { disk, acknowledged } = await cutPower('writer.ts', 20 + random(400));
      using _ = disk;
      await using archive = await openArchive(disk.path);
      expect([round, archive.state$.value.state]).toEqual([round, 'ready']);
      expect(acknowledged.size).toBeGreaterThan(5);
      expect([round, await lostOf(archive, acknowledged)]).toEqual([round, []]);
    }
  });

  it('does lose what another store acknowledges without waiting for the disk', async () => {
    const { disk, acknowledged } = await cutPower('forgetful-writer.ts', 2000);
    using _ = disk;
    const path = join(disk.path, 'forgetful.db');
    expect(existsSync(path)).toBe(true);
    const database = new DatabaseSync(path);
    const there = new Set(
      database
        .prepare('select id from mark')
        .all()
        .map(({ id }) => `mark ${id}`),
    );
    database.close();
    expect([...acknowledged.keys()].filter((what) => !there.has(what)).length).toBeGreaterThan(0);
  });
});
