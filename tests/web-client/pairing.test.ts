import { describe, expect, it } from 'vitest';
import { Pairing } from '../../web-client/pairing.ts';

describe('Pairing', () => {
  it('pairs the two views of one frame in either order', () => {
    const pairing = new Pairing();
    expect(pairing.offer('processed', 7)).toBe('wait');
    expect(pairing.offer('raw', 7)).toBe('pair');
    expect(pairing.offer('raw', 8)).toBe('wait');
    expect(pairing.offer('processed', 8)).toBe('pair');
  });

  it('waits for the next common frame when the views skip differently', () => {
    const pairing = new Pairing();
    expect(pairing.offer('processed', 1)).toBe('wait');
    expect(pairing.offer('raw', 2)).toBe('wait');
    expect(pairing.offer('processed', 2)).toBe('pair');
  });

  it('shows uneven halves rather than nothing, and pairs again as soon as it can', () => {
    const pairing = new Pairing();
    const steps = [1, 2, 3, 4, 5, 6, 7].map((sequence) => pairing.offer('processed', sequence));
    expect(steps).toEqual(['wait', 'wait', 'wait', 'wait', 'alone', 'alone', 'alone']);
    expect(pairing.offer('raw', 7)).toBe('pair');
    expect(pairing.offer('raw', 8)).toBe('wait');
  });

  it('forgets both halves when it is cleared', () => {
    const pairing = new Pairing();
    pairing.offer('processed', 3);
    pairing.clear();
    expect(pairing.offer('raw', 3)).toBe('wait');
  });
});
