import { expect, it } from 'vitest';
import { closeInTurn } from '../src/close-in-turn.ts';

it('closes what comes behind a failure and behind what does not end, in this order, and says so', async () => {
  const warned: string[] = [];
  const closed: string[] = [];
  const log = { warn: (_fields: object, text: string) => void warned.push(text) };
  const closings = [
    { what: 'the door', close: () => Promise.reject(new Error('no room')) },
    {
      what: 'the wall',
      close: () => {
        throw new Error('gone');
      },
    },
    { what: 'the archive', close: () => new Promise(() => undefined) },
    { what: 'nothing', close: () => undefined },
    { what: 'a device', close: async () => closed.push('a device') },
    { what: 'the other', close: async () => closed.push('the other') },
  ];
  await closeInTurn(closings, log, 50);
  expect(closed).toEqual(['a device', 'the other']);
  expect(warned).toEqual([
    'server/not-closed: the door could not be closed: no room',
    'server/not-closed: the wall could not be closed: gone',
    'server/not-closed: the archive could not be closed: it takes too long',
  ]);
});
