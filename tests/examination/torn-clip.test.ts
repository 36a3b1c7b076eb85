import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ask } from '../access/asking.ts';
import { asked, named, openCompany, type Told } from './company.ts';

it('a clip that was being written when the server was killed is kept as far as it is whole', async () => {
  const first = await openCompany();
  const { operator, folder } = first;
  await asked(operator, { type: 'open-examination' });
  const id = operator.last('examination')?.examination?.examination ?? '';
  await asked(operator, { type: 'keep', kept: named(1), stream: 0, kind: 'clip' });
  await operator.until(() => (operator.last('kept')?.kept.frames ?? 0) > 5);
  const of = (kept: string): string => join(folder, 'archive', id, kept);
  const bytes = readFileSync(of(`${named(1)}.frames.part`));
  await first.close(true);
  // Two that were torn off, and one of which there is no frame; what belongs to no examination is not kept.
  writeFileSync(of(`${named(2)}.frames.part`), bytes.subarray(0, bytes.length - 7));
  writeFileSync(of(`${named(3)}.frames.part`), bytes.subarray(0, 100));
  writeFileSync(of(`${named(4)}.frames.part`), 'no frame file');

  const second = await openCompany(undefined, folder);
  await second.operator.until(() => second.operator.messages.some((heard) => heard.type === 'kept' && heard.kept.kept === named(2)));
  const found = (await asked(second.operator, { type: 'look-into', examination: id })) as Told<'examination-content'>;
  expect(found.kept).toHaveLength(2);
  const torn = found.kept.find(({ kept }) => kept === named(2));
  expect(torn).toMatchObject({ kind: 'clip', state: 'kept', source: 'Echo', stream: 0, error: { code: 'record/cut-short' } });
  expect(torn?.frames).toBeGreaterThan(4);
  const answer = await ask(second.room.address, `kept/${named(2)}/index`, second.operatorKey);
  expect(JSON.parse(answer.text)).toMatchObject({ damage: { complete: true, tornBytes: 0 } });
  expect(JSON.parse(answer.text).frames).toHaveLength(torn?.frames ?? 0);
  await second.close();
});
