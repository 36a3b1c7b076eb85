import { describe, expect, it } from 'vitest';
import { captionText, labelCodes, vocabularies } from '../../src/marks/label.ts';
import { parseMark } from '../../src/marks/mark.ts';

describe('labels', () => {
  it('have a code that stands in one vocabulary only: it is all that a mark keeps', () => {
    const codes = Object.values(vocabularies).flatMap((labels) => Object.keys(labels));
    expect(new Set(codes).size).toBe(codes.length);
    expect(labelCodes).toEqual(codes);
  });

  it('are shown in words, and taken on a mark', () => {
    expect(captionText({ label: 'a4c' })).toBe('A4C');
    expect(captionText({ text: 'scar' })).toBe('scar');
    for (const label of labelCodes) {
      const mark = { kind: 'text', number: 1, points: [{ x: 1, y: 1 }], caption: { label } };
      expect(parseMark(mark, { width: 2, height: 2 })).toEqual(mark);
      expect(captionText({ label })).toMatch(/^\S.{0,14}$/);
    }
  });
});
