import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { byStreamNames } from '../../src/examination/by-stream-names.ts';
import type { StreamCalibration } from '../../src/examination/record.ts';
import { anna, bookmarkOf, hex, keptOf, markOf, openArchive, temporaryFolder } from './examples.ts';

const { picture } = markOf(1);
const calibrationOf = (stream: number, mm: number): StreamCalibration => ({
  stream,
  by: anna,
  picture: {
    ...picture,
    manual: {
      points: [
        { x: 1, y: 1 },
        { x: 90, y: 1 },
      ],
      known: { mm },
    },
  },
});

describe('an examination goes on with other streams', () => {
  it('and what is made on them joins no series of those before, and replaces none of their calibrations', async () => {
    using folder = temporaryFolder();
    let examination = '';
    const withStreams = async (
      names: readonly string[],
      act: (record: ReturnType<typeof byStreamNames>) => Promise<void>,
    ): Promise<void> => {
      await using archive = await openArchive(folder.path);
      await act(byStreamNames(archive, names));
    };
    await withStreams(['Echo', 'Angiogram'], async (record) => {
      ({ examination } = await record.openExamination(undefined, anna));
      await record.putMarks(examination, [markOf(1)], anna);
      await record.calibrate(examination, calibrationOf(0, 10), []);
      await record.putBookmark(examination, bookmarkOf(1, 10));
      await record.calibrate(examination, calibrationOf(1, 20), []);
    });
    await withStreams(['Endoscope', 'Angiogram'], async (record) => {
      await record.putMarks(examination, [markOf(2)], anna);
      await record.calibrate(examination, calibrationOf(0, 30), []);
      await record.calibrate(examination, calibrationOf(0, 40), []);
      await record.putBookmark(examination, bookmarkOf(2, 20));
      await record.putKept(examination, keptOf(9, { source: 'Endoscope' }), anna);
      const lengths = (await record.open())?.calibrations.map(({ stream, picture: on }) => [stream, on.manual?.known]);
      expect(lengths?.sort()).toEqual([
        [0, { mm: 40 }],
        [1, { mm: 20 }],
      ]);
    });
    await withStreams(['Echo'], async (record) => {
      expect((await record.open())?.calibrations).toMatchObject([{ stream: 0, picture: { manual: { known: { mm: 10 } } } }]);
    });
    using database = new DatabaseSync(join(folder.path, 'archive.db'), { readOnly: true });
    const rows = (table: string): unknown[] =>
      database.prepare(`select ${table}.id, source, modality from ${table} join series on series.id = series order by ${table}.id`).all();
    const [echo, endoscope] = [
      { source: 'Echo', modality: null },
      { source: 'Endoscope', modality: 'ultrasound' },
    ];
    for (const table of ['mark', 'bookmark'])
      expect(rows(table)).toEqual([
        { id: hex(1), ...echo },
        { id: hex(2), ...endoscope },
      ]);
    expect(rows('kept')).toEqual([{ id: hex(9), ...endoscope }]);
  });
});
