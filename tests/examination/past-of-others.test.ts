import { expect, it } from 'vitest';
import { ask } from '../access/asking.ts';
import { until } from '../past/recording-room.ts';
import { asked, caughtUp, named, openCompany, type Told } from './company.ts';

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

it('what is to bear the name of a patient is cut at the beginning of the examination, and refused where it is of another one', async () => {
  const company = await openCompany();
  const { operator, operatorKey, room } = company;
  const get = async (what: string, examination?: string): Promise<string> =>
    (await ask(room.address, what, { ...operatorKey, ...(examination && { 'lumencast-examination': examination }) })).text;
  const framesOf = async (what: string, examination?: string): Promise<readonly (readonly number[])[]> =>
    JSON.parse(await get(what, examination)).frames;
  const open = async (): Promise<string> =>
    ((await asked(operator, { type: 'open-examination' })) as Told<'examination-set'>).examination?.examination ?? '';
  const newestUs = (): number => room.stores.past?.past(0).newestUs ?? 0;

  const first = await open();
  await until(() => newestUs() > 0);
  const kept = named(1);
  await asked(operator, { type: 'keep', kept, kind: 'still', stream: 0 });
  const second = await open();
  await caughtUp(operator);
  const boundaryUs = operator.last('examination')?.boundaryUs ?? 0;
  await until(() => newestUs() > boundaryUs);

  expect((await framesOf('streams/0/past/index'))[0]?.[0]).toBeLessThan(boundaryUs);
  const own = await framesOf(`streams/0/past/index`, second);
  expect(own.length).toBeGreaterThan(0);
  expect(own[0]?.[0]).toBeGreaterThanOrEqual(boundaryUs);
  const all = await get(`streams/0/past/frames?toUs=${own[0]?.[0]}`);
  expect((await get(`streams/0/past/frames?toUs=${own[0]?.[0]}`, second)).length).toBeLessThan(all.length);

  const refused = 'examination/not-its-picture';
  for (const what of ['index', 'frames']) {
    expect(await get(`streams/0/past/${what}?toUs=${boundaryUs - 1}`, second)).toContain(refused);
    expect(await get(`streams/0/past/${what}`, first)).toContain(refused);
    await asked(operator, { type: 'look-into', examination: first });
    expect(await get(`kept/${kept}/${what}`, second)).toContain(refused);
  }
  expect(await framesOf(`kept/${kept}/index`, first)).toHaveLength(1);
  await asked(operator, { type: 'close-examination' });
  expect(await get(`streams/0/past/index`, second)).toContain(refused);
  await company.close();
});
