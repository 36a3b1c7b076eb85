import { describe, expect, it } from 'vitest';
import { ServerClock } from '../../src/protocol/server-clock.ts';

const offsetUs = 5_000_000;
/** A ping that took `thereUs` to the server and `backUs` back. */
const ping = (clock: ServerClock, sentUs: number, thereUs: number, backUs: number): void =>
  clock.sample(sentUs, sentUs + thereUs + offsetUs, sentUs + thereUs + backUs);

describe('ServerClock', () => {
  it('knows nothing before the server told its clock', () => {
    expect(new ServerClock().at(0)).toBeUndefined();
  });

  it('starts with the clock of hello and replaces it by the first ping', () => {
    const clock = new ServerClock();
    clock.begin(offsetUs - 900, 0);
    expect(clock.at(0)).toBe(offsetUs - 900);
    expect(clock.errorUs).toBeUndefined();
    ping(clock, 1000, 200, 200);
    expect(clock.at(0)).toBe(offsetUs);
    expect(clock.errorUs).toBe(200);
  });

  it('believes the shortest round trip: queues make the halves unequal', () => {
    const clock = new ServerClock();
    ping(clock, 0, 100, 100);
    ping(clock, 1000, 9000, 100);
    ping(clock, 2000, 100, 50_000);
    expect(clock.at(0)).toBe(offsetUs);
  });

  it('forgets after ten more pings, so that a drifting clock is followed', () => {
    const clock = new ServerClock();
    ping(clock, 0, 10, 10);
    for (let sample = 0; sample < 10; sample++) clock.sample(1000, 1000 + 300 + offsetUs + 50, 1600);
    expect(clock.at(0)).toBe(offsetUs + 50);
  });

  it('ignores an answer that came before its question', () => {
    const clock = new ServerClock();
    clock.begin(offsetUs, 0);
    clock.sample(5000, offsetUs, 4000);
    clock.sample(Number.NaN, offsetUs, 4000);
    expect(clock.at(0)).toBe(offsetUs);
  });

  it('forgets where its own clock stood still, and what was asked before; the next answer is believed at once', () => {
    const clock = new ServerClock();
    expect(clock.watch(0, 1e15)).toBe(false);
    ping(clock, 0, 10, 10);
    expect(clock.watch(100_000, 1e15 + 100_000)).toBe(false);
    // Asleep for an hour; what the server answered before that is read only now.
    const sleptUs = 3600e6;
    expect(clock.watch(200_000, 1e15 + sleptUs + 200_000)).toBe(true);
    expect([clock.at(200_000), clock.errorUs]).toEqual([undefined, undefined]);
    clock.sample(150_000, 150_000 + offsetUs, 200_100);
    expect(clock.at(200_100)).toBeUndefined();
    clock.sample(200_200, 200_210 + offsetUs + sleptUs, 200_220);
    expect([clock.at(0), clock.errorUs]).toEqual([offsetUs + sleptUs, 10]);
    expect(clock.watch(300_000, 1e15 + sleptUs + 300_000)).toBe(false);
  });

  it('is known again at once where somebody only set the wall clock, either way, and does not mind one that is drawn slowly', () => {
    const clock = new ServerClock();
    clock.watch(0, 1e15);
    let wallUs = 1e15;
    for (const stepUs of [3600e6, -7200e6]) {
      wallUs += stepUs;
      expect(clock.watch(1000, wallUs)).toBe(true);
      ping(clock, 1000, 10, 10);
      expect(clock.at(0)).toBe(offsetUs);
    }
    for (let drawn = 0; drawn < 100; drawn++) {
      wallUs += 200_000;
      expect(clock.watch(1000, wallUs)).toBe(false);
    }
    expect(clock.at(0)).toBe(offsetUs);
  });

  it('starts anew with another server', () => {
    const clock = new ServerClock();
    ping(clock, 0, 10, 10);
    clock.begin(77, 0);
    expect(clock.at(0)).toBe(77);
  });
});
