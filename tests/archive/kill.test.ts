import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { seeded } from '../support/mutant.ts';
import { lostOf, WritingProcess } from './acknowledged.ts';
import { openArchive, temporaryFolder } from './examples.ts';

const rounds = Number(process.env.LUMENCAST_KILLS ?? 20);

it(`loses nothing acknowledged when its process is killed while it writes, ${rounds} times`, {
  timeout: 30_000 + rounds * 6000,
}, async () => {
  using folder = temporaryFolder();
  const random = seeded(6);
  const acknowledged = new Map<string, number>();
  for (let round = 0; round < rounds; round++) {
    await using writer = new WritingProcess(folder.path);
    await writer.read(2 + random(60));
    await writer.kill();
    for (const [what, revision] of writer.acknowledged) acknowledged.set(what, revision);
  }
  const looked = new DatabaseSync(join(folder.path, 'archive.db'));
  expect(looked.prepare('pragma integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  looked.close();
  await using archive = await openArchive(folder.path);
  expect(archive.state$.value.state).toBe('ready');
  expect(acknowledged.size).toBeGreaterThan(rounds);
  expect(await lostOf(archive, acknowledged)).toEqual([]);
  // The comparison itself can fail.
  expect(await lostOf(archive, new Map([...acknowledged, ['mark 0123456789abcdef', 1]]))).toEqual(['mark 0123456789abcdef']);
});
