import { describe, expect, it } from 'vitest';
import { AgeMeter, FrameRate } from '../../web-client/age-meter.ts';

const ms = 1000;

describe('AgeMeter', () => {
  it('averages what the eye had: the age at arrival and all its growth until the next frame', () => {
    const meter = new AgeMeter();
    // 25 frames/s, each 20 ms old when it is drawn: the age runs from 20 to 60 ms, 40 ms on average.
    for (let frame = 0; frame <= 13; frame++) meter.drawn((frame * 40 - 20) * ms, frame * 40 * ms);
    expect(meter.reading?.meanMs).toBeCloseTo(40, 6);
    expect(meter.reading?.worstMs).toBeCloseTo(60, 6);
  });

  it('gives the same whether or not it is asked in between', () => {
    const [asked, left] = [new AgeMeter(), new AgeMeter()];
    for (let frame = 0; frame <= 13; frame++) {
      asked.drawn((frame * 40 - 20) * ms, frame * 40 * ms);
      asked.advance((frame * 40 + 13) * ms);
      left.drawn((frame * 40 - 20) * ms, frame * 40 * ms);
    }
    expect(asked.reading?.meanMs).toBeCloseTo(left.reading?.meanMs ?? Number.NaN, 6);
  });

  it('has no reading before half a second is over', () => {
    const meter = new AgeMeter();
    meter.drawn(0, 10 * ms);
    meter.advance(400 * ms);
    expect(meter.reading).toBeUndefined();
    meter.advance(510 * ms);
    expect(meter.reading?.worstMs).toBeCloseTo(510, 6);
  });

  it('does not hide that pictures come from the future', () => {
    const meter = new AgeMeter();
    meter.drawn(1000 * ms, 0);
    meter.advance(500 * ms);
    expect(meter.reading).toEqual({ meanMs: -750, worstMs: -500 });
  });

  it('survives a clock that steps back', () => {
    const meter = new AgeMeter();
    meter.drawn(0, 100 * ms);
    meter.advance(90 * ms);
    meter.advance(700 * ms);
    expect(meter.reading?.meanMs).toBeCloseTo(400, 6);
  });
});

describe('FrameRate', () => {
  it('counts intervals, not frames', () => {
    const rate = new FrameRate();
    for (let frame = 0; frame < 31; frame++) rate.drawn(frame * 40 * ms);
    expect(rate.at(1240 * ms)).toBeCloseTo(25, 6);
  });

  it('is unknown with fewer than two frames in the window', () => {
    const rate = new FrameRate();
    expect(rate.at(0)).toBeUndefined();
    rate.drawn(0);
    expect(rate.at(0)).toBeUndefined();
    rate.drawn(40 * ms);
    expect(rate.at(40 * ms)).toBeCloseTo(25, 6);
    expect(rate.at(5000 * ms)).toBeUndefined();
  });
});
