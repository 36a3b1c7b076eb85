import { describe, expect, it } from 'vitest';
import { DiskSpace } from '../../src/archive/disk-space.ts';

const [mebibyte, minuteMs] = [2 ** 20, 60_000];

describe('room on a disk', () => {
  it('is low below two gibibytes and full below 256 mebibytes', () => {
    const levels = [2049, 2048, 2047, 256, 255].map((free) => new DiskSpace().note(free * mebibyte, 0).level);
    expect(levels).toEqual(['enough', 'enough', 'low', 'low', 'full']);
  });

  it('is low when an hour fills it at the rate of the last minutes', () => {
    const space = new DiskSpace();
    const at = (minutes: number, freeMebibytes: number) => space.note(freeMebibytes * mebibyte, minutes * minuteMs);
    expect(at(0, 10_256)).toEqual({ level: 'enough', freeBytes: 10_256 * mebibyte });
    // Half a minute says nothing yet.
    expect(at(0.5, 10_200).minutesLeft).toBeUndefined();
    expect(at(1, 10_156)).toMatchObject({ level: 'enough', minutesLeft: 99 });
    expect(at(2, 9856)).toMatchObject({ level: 'low', minutesLeft: 48 });
    // Nothing more is written: after five minutes of that there is no rate.
    for (let minute = 3; minute < 7; minute++) at(minute, 9856);
    expect(at(7, 9856)).toEqual({ level: 'enough', freeBytes: 9856 * mebibyte });
    expect(at(8, 9900).level).toBe('enough');
  });
});
