import { expect, it } from 'vitest';
import { byStreamNames } from '../../src/examination/by-stream-names.ts';
import { anna, markOf, openArchive, temporaryFolder } from '../archive/examples.ts';

it('what was looked into says nothing of where a mark of the open examination lies', async () => {
  using folder = temporaryFolder();
  await using archive = await openArchive(folder.path);
  const before = byStreamNames(archive, ['Echo']);
  const first = await before.openExamination(undefined, anna);
  await before.putMarks(first.examination, [markOf(1, { stream: 0 })], anna);

  const after = byStreamNames(archive, ['Angiogram']);
  const [found] = (await after.open())?.marks ?? [];
  expect(found).not.toHaveProperty('stream');
  if (found === undefined) throw new Error('it is not there');
  // In the open one it stays where it was…
  await after.putMarks(first.examination, [{ ...found, revision: 2 }], anna);
  expect((await archive.content(first.examination)).marks).toMatchObject([{ revision: 2, stream: 0, source: 'Echo' }]);
  // …and in another one it lies where that says.
  const second = await after.openExamination(undefined, anna);
  const again = byStreamNames(archive, ['Angiogram']);
  await again.content(first.examination);
  await again.putMarks(second.examination, [found], anna);
  expect((await archive.content(second.examination)).marks[0]).not.toHaveProperty('source');
});
