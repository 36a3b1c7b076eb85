import { describe, expect, it } from 'vitest';
import {
  clockResidualText,
  clockText,
  countText,
  dash,
  milliseconds,
  placeText,
  rateText,
  seconds,
  tenthsText,
  tenthText,
  untilText,
} from '../../web-client/texts.ts';
import { inLanguage } from '../../web-client/words/words.ts';

const { en, de } = inLanguage;

describe('texts', () => {
  it('shows an unknown as a dash', () => {
    expect([milliseconds(undefined), seconds(en, undefined), countText(undefined), tenthText(de, undefined)]).toEqual([
      dash,
      dash,
      dash,
      dash,
    ]);
  });

  it('writes places in tenths of a millimetre, and what a clock is worth', () => {
    expect(placeText(en, [1, -22.26, 0])).toBe('1.0  \u221222.3  0.0\u00a0mm');
    expect(clockResidualText(en, 0.26, undefined)).toBe('0.3\u00a0ms');
    expect(clockResidualText(en, 0.26, -12.4)).toBe('0.3\u00a0ms, drift -12\u00a0ppm');
  });

  it('rounds milliseconds and never rounds seconds up', () => {
    expect(milliseconds(37.6)).toBe('38\u00a0ms');
    expect(seconds(en, 59_999)).toBe('59.9\u00a0s');
    expect(seconds(en, 60_000)).toBe('1:00\u00a0min');
    expect(seconds(en, 3_599_000)).toBe('59:59\u00a0min');
    expect(seconds(en, 7_265_000)).toBe('2:01\u00a0h');
  });

  it('tells what a line bears in bits', () => {
    expect([rateText(en, undefined), rateText(en, 250_000), rateText(en, 125e6)]).toEqual([dash, '2.0\u00a0Mbit/s', '1000\u00a0Mbit/s']);
  });

  it('groups thousands', () => {
    expect(countText(1_234_567)).toBe('1\u202f234\u202f567');
    expect(countText(999)).toBe('999');
  });

  it('tells the time of day to the tenth', () => {
    const at = new Date(2026, 3, 2, 9, 5, 7, 980).getTime();
    expect(clockText(at)).toBe('09:05:07');
    expect(tenthsText(en, at)).toBe('09:05:07.9');
  });

  it('writes all that as a German does', () => {
    const at = new Date(2026, 3, 2, 9, 5, 7, 980).getTime();
    expect(tenthsText(de, at)).toBe('09:05:07,9');
    expect(seconds(de, 59_999)).toBe('59,9\u00a0s');
    expect(rateText(de, 250_000)).toBe('2,0\u00a0Mbit/s');
    expect(placeText(de, [1, -22.26])).toBe('1,0  \u221222,3\u00a0mm');
    expect(clockResidualText(de, 0.26, -12.4)).toBe('0,3\u00a0ms, Gang -12\u00a0ppm');
    expect([untilText(en, at, at), untilText(en, at, 0), untilText(de, at, 0)]).toEqual(['09:05', '2026-04-02 09:05', '02.04.2026 09:05']);
  });
});
