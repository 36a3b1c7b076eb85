import { expect, it } from 'vitest';
import { ask } from '../access/asking.ts';
import { until } from '../past/recording-room.ts';
import { asked, openCompany, type Told } from './company.ts';

it('of the minutes before an examination, which are of another one, only operators are given anything', async () => {
  const company = await openCompany();
  const { operator, operatorKey, room } = company;
  const get = async (what: string, headers: object): Promise<string> => {
    const { status, text } = await ask(room.address, `streams/0/past${what}`, { ...headers });
    expect(status).toBe(200);
    return text;
  };
  const fromOf = async (headers: object): Promise<number> => {
    const { frames } = JSON.parse(await get('/index', headers)) as { frames: readonly (readonly number[])[] };
    return frames[0]?.[0] ?? 0;
  };
  await asked(operator, { type: 'open-examination' });
  const observer = await company.enterAs('observer', 'Olga');
  const recorded = (): number => room.stores.past?.past(0).newestUs ?? 0;
  await until(() => recorded() > 0);
  expect(await fromOf(observer)).toBe(await fromOf(operatorKey));

  const { examination } = (await asked(operator, { type: 'close-examination' })) as Told<'examination-set'>;
  const closedUs = examination?.closedUs ?? 0;
  await until(() => recorded() > closedUs);
  const marker = await company.enterAs('marker', 'Mona');
  for (const headers of [observer, marker]) {
    expect(await fromOf(headers)).toBeGreaterThanOrEqual(closedUs);
    expect(JSON.parse(await get('', headers)).fromUs).toBe(await fromOf(headers));
    expect(await get(`/frames?toUs=${closedUs - 1}`, headers)).toBe('');
    expect((await get('/frames?limit=1', headers)).length).toBeGreaterThan(0);
  }
  expect(await fromOf(operatorKey)).toBeLessThan(closedUs);
  expect((await get(`/frames?toUs=${closedUs - 1}&limit=1`, operatorKey)).length).toBeGreaterThan(0);
  await company.close();
});
