import { describe, expect, it } from 'vitest';
import { rulerSteps } from '../../web-client/ruler-steps.ts';

describe('rulerSteps', () => {
  it('numbers every fifth centimetre of a whole picture', () => {
    expect(rulerSteps(30, 600, 14)).toEqual({ tickEveryCm: 1, numberEveryCm: 5 });
  });

  it('numbers every centimetre of a close-up', () => {
    expect(rulerSteps(90, 600, 14)).toEqual({ tickEveryCm: 1, numberEveryCm: 1 });
  });

  it('keeps numbers and ticks apart on small tiles', () => {
    expect(rulerSteps(4.2, 80, 14)).toEqual({ tickEveryCm: 1, numberEveryCm: 10 });
    expect(rulerSteps(2, 40, 14)).toEqual({ tickEveryCm: 5, numberEveryCm: 20 });
    expect(rulerSteps(0.5, 10, 14)).toEqual({ tickEveryCm: 5, numberEveryCm: 50 });
  });
});
