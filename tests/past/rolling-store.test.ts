import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RollingStore } from '../../src/past/rolling-store.ts';
import { LoopDisk, whyNoDisks } from '../archive/loop-disk.ts';
import { until } from './recording-room.ts';

const reason = whyNoDisks();
if (reason !== undefined) console.warn(`tests/past/rolling-store.test.ts is skipped: ${reason}`);

describe.skipIf(reason !== undefined)(`a disk that does not answer${reason === undefined ? '' : ` (${reason})`}`, () => {
  it('is not waited for: nothing is recorded on it, and nothing is left there', async () => {
    using disk = new LoopDisk(16);
    const folder = join(disk.path, 'past');
    const log = { info: () => undefined, warn: () => undefined };
    const settings = { folder, minutes: 1, mebibytes: 8, memoryMebibytes: 8, view: 'processed', patienceMs: 100 } as const;
    disk.freeze();
    await expect(RollingStore.open(settings, [], () => 0, log)).rejects.toMatchObject({
      code: 'record/folder-unusable',
      fields: { folder, reason: 'the disk does not answer' },
    });
    disk.thaw();
    await until(() => existsSync(folder) && readdirSync(folder).length === 0);
  });
});
