import { expect, it } from 'vitest';
import { MarksInForce, type MarkWish } from '../../src/examination/marks-in-force.ts';
import type { SharedMark } from '../../src/protocol/examination-messages.ts';
import { named } from './company.ts';

const changer = { author: { name: 'Anna', key: '00000000000000aa' }, changesAll: false };
const picture = { width: 16_384, height: 16_384, regions: [] };

/** An outline of as many points as there may be, each written out in full. */
const wish = (mark: number, revision: number, points: number): MarkWish => ({
  mark: named(mark),
  stream: 0,
  kept: undefined,
  revision,
  shape: {
    kind: 'polyline',
    number: 1,
    points: Array.from({ length: points }, (_, at) => ({ x: at + 1 / 3, y: mark / 10 + at / 3 })),
  },
  fromUs: 5,
  untilUs: undefined,
});

it('the marks of an examination are bounded together, as they are told together', () => {
  const marks = new MarksInForce();
  const put = (...of: Parameters<typeof wish>): SharedMark => {
    const mark = marks.put(wish(...of), changer, () => picture, 1);
    marks.keep(mark);
    return mark;
  };
  put(0, 0, 2);
  let last = 0;
  const fill = (): void => {
    for (;;) put(++last, 0, 2000);
  };
  expect(fill).toThrow(expect.objectContaining({ code: 'examination/marks-too-large', fields: { limitMiB: 16 } }));
  expect(last).toBeGreaterThan(100);
  expect(JSON.stringify(marks.all()).length).toBeLessThanOrEqual(16 * 2 ** 20 + 10_000);
  // Nor do they grow by changes; what does not grow can be changed, and taken away.
  expect(() => put(0, 1, 2000)).toThrow(expect.objectContaining({ code: 'examination/marks-too-large' }));
  expect(put(1, 1, 1900)).toMatchObject({ revision: 2 });
  marks.forget(marks.remove(named(1), 2, changer, 1));
  expect(marks.get(named(1))).toBeUndefined();
});
