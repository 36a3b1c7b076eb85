import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Access } from '../../src/access/access.ts';
import { Audience } from '../../src/examination/audience.ts';
import { type Drafted, Fleeting, type Pointed } from '../../src/examination/fleeting.ts';
import type { Member } from '../../src/examination/member.ts';
import { named } from './company.ts';

/** A viewer's end of the desk: the connection behind it is the outside. */
class Listener implements Member {
  readonly heard: (Drafted | Pointed)[] = [];
  readonly id: number;
  readonly access: Access;
  behind = false;

  constructor(id: number, streams: readonly number[]) {
    this.id = id;
    const nothing = { session: undefined, invitation: undefined, ended: new AbortController().signal, everyStream: false } as const;
    this.access = { role: 'marker', name: `Viewer ${id}`, ...nothing, may: (stream) => streams.includes(stream), within: () => false };
  }

  tellText(text: string): void {
    this.heard.push(JSON.parse(text) as Drafted | Pointed);
  }

  isBehind(): boolean {
    return this.behind;
  }
}

let fleeting: Fleeting;
let [drawing, near, far]: Listener[] = [];
const draft = (x: number, more: Partial<Drafted> = {}): Drafted => ({
  ...{ type: 'mark-drafted', viewer: 1, name: 'Viewer 1', mark: named(1), stream: 0, shape: { x }, fromUs: 1 },
  ...more,
});
const away = (stream = 0): Pointed => ({ type: 'pointed', viewer: 1, name: 'Viewer 1', stream, points: [], drawing: false });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const audience = new Audience();
  [drawing, near, far] = [new Listener(1, [0, 1]), new Listener(2, [0, 1]), new Listener(3, [1])];
  for (const member of [drawing, near, far]) audience.add(member as Listener);
  fleeting = new Fleeting(audience);
});
afterEach(() => {
  fleeting.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const [me, other, third] = [() => drawing as Listener, () => near as Listener, () => far as Listener];

describe('what is shown while it happens', () => {
  it('the first at once, then the newest thirty times a second, to others who may see the stream', () => {
    for (let x = 0; x < 100; x++) {
      fleeting.show(me(), draft(x));
      vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(40);
    expect(other().heard.length).toBeGreaterThan(20);
    expect(other().heard.length).toBeLessThanOrEqual(32);
    expect(other().heard.at(0)).toEqual(draft(0));
    expect(other().heard.at(-1)).toEqual(draft(99));
    expect(me().heard).toEqual([]);
    expect(third().heard).toEqual([]);
  });

  it('who says nothing for five seconds is taken away, and may come back', () => {
    fleeting.show(me(), draft(1));
    vi.advanceTimersByTime(4990);
    expect(other().heard).toHaveLength(1);
    vi.advanceTimersByTime(20);
    const { shape: _, ...gone } = draft(1);
    expect(other().heard.slice(1)).toEqual([gone]);
    fleeting.show(me(), draft(2));
    expect(other().heard.at(-1)).toEqual(draft(2));
  });

  it('is left out for whom the line does not bear it, but not its end', () => {
    other().behind = true;
    fleeting.show(me(), draft(1));
    fleeting.show(me(), { ...away(), points: [{ x: 1, y: 1 }] });
    expect(other().heard).toEqual([]);
    fleeting.forget(me());
    const { shape: _, ...gone } = draft(1);
    expect(other().heard).toEqual([gone, away()]);
  });

  it('is told to whom the line did not bear it when it does, once, and to nobody else again', () => {
    third().behind = true;
    fleeting.show(me(), draft(1, { stream: 1 }));
    vi.advanceTimersByTime(200);
    expect([other().heard, third().heard]).toEqual([[draft(1, { stream: 1 })], []]);
    third().behind = false;
    vi.advanceTimersByTime(200);
    for (const listener of [other(), third()]) expect(listener.heard).toEqual([draft(1, { stream: 1 })]);
  });

  it('what goes to another stream is taken from the first', () => {
    fleeting.show(me(), draft(1, { stream: 1 }));
    vi.advanceTimersByTime(50);
    fleeting.show(me(), draft(2));
    const { shape: _, ...gone } = draft(1, { stream: 1 });
    expect(third().heard).toEqual([draft(1, { stream: 1 }), gone]);
    expect(other().heard).toEqual([draft(1, { stream: 1 }), gone, draft(2)]);
  });

  it('the last of a pointer\u2019s way is seen before it leaves', () => {
    const at = (x: number): Pointed => ({ ...away(), points: [{ x, y: 0 }], drawing: true });
    for (const x of [1, 2, 3]) fleeting.show(me(), at(x));
    fleeting.show(me(), away());
    expect(other().heard.flatMap((heard) => (heard as Pointed).points.map(({ x }) => x))).toEqual([1, 2, 3]);
    expect(other().heard.at(-1)).toEqual(away());
  });

  it('a draft that has become a mark ends; that of another mark goes on', () => {
    fleeting.show(me(), draft(1));
    fleeting.becameMark(me(), named(2));
    expect(other().heard).toHaveLength(1);
    fleeting.becameMark(me(), named(1));
    expect(other().heard).toHaveLength(2);
  });
});
