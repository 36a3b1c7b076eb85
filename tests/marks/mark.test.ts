import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/app-error.ts';
import { longestText, type Mark, type MarkKind, markSchemas, parseManualCalibration, parseMark } from '../../src/marks/mark.ts';
import { insidePicture } from '../../src/marks/on-picture.ts';
import { mostPoints, pointCounts } from '../../src/marks/point-counts.ts';

const picture = { width: 640, height: 480 };
const place = (index: number) => ({ x: 10 + 20 * index, y: 10 + 7 * index * index });
const points = (count: number) => Array.from({ length: count }, (_, index) => place(index));

const samples: { readonly [Kind in MarkKind]: unknown } = {
  distance: { kind: 'distance', number: 1, points: points(2), caption: { label: 'lvidd' } },
  polyline: { kind: 'polyline', number: 2, points: points(7) },
  angle: { kind: 'angle', number: 3, points: points(3) },
  ellipse: { kind: 'ellipse', number: 4, points: points(3) },
  area: { kind: 'area', number: 5, points: points(7), caption: { text: 'EF < 30 % – Vorhof 3 > 2' } },
  point: { kind: 'point', number: 6, points: points(1) },
  arrow: { kind: 'arrow', number: 7, points: points(2) },
  text: { kind: 'text', number: 8, points: points(1), caption: { text: 'Narbe, 左心室' } },
  'body-marker': { kind: 'body-marker', number: 9, points: points(1), body: 'neck-left', probe: { x: 0.25, y: 1, angleDeg: 359.5 } },
};

/** The code that a value is refused with; fails when it is taken. */
function refusal(value: unknown): { code: string; message: string } {
  try {
    parseMark(value, picture);
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown;
    throw thrown;
  }
  throw new Error('it was taken');
}

const distance = (more: object) => ({ kind: 'distance', number: 1, points: points(2), ...more });
const text = (words: unknown) => ({ kind: 'text', number: 1, points: points(1), caption: { text: words } });

describe('parseMark', () => {
  it.each(Object.entries(samples))('takes a mark of the kind %s as it is', (_, sample) => {
    expect(parseMark(structuredClone(sample), picture)).toEqual(sample);
  });

  it('takes marks on the very edge of the picture', () => {
    const edges = [
      { x: 0, y: 0 },
      { x: 640, y: 480 },
    ];
    expect(parseMark(distance({ points: edges }), picture).points).toEqual(edges);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['a list', []],
    ['no kind', { number: 1 }],
    ['a kind of the prototype', { ...distance({}), kind: 'constructor' }],
    ['an unknown kind', { ...distance({}), kind: 'caliper' }],
    ['an unknown key', distance({ author: 'somebody else' })],
    ['no number', { kind: 'distance', points: points(2) }],
    ['number 0', distance({ number: 0 })],
    ['half a number', distance({ number: 1.5 })],
    ['one point too few', distance({ points: points(1) })],
    ['one point too many', distance({ points: points(3) })],
    ['a point of three axes', distance({ points: [{ x: 1, y: 2, z: 3 }, place(1)] })],
    ['a coordinate that is a text', distance({ points: [{ x: '1', y: 2 }, place(1)] })],
    ['not a number', distance({ points: [{ x: Number.NaN, y: 2 }, place(1)] })],
    ['without end', distance({ points: [{ x: Number.POSITIVE_INFINITY, y: 2 }, place(1)] })],
    ['points that are an object', distance({ points: { length: 2, 0: place(0), 1: place(1) } })],
    ['a label that no vocabulary has', distance({ caption: { label: 'toString' } })],
    ['label and text at once', distance({ caption: { label: 'lv', text: 'x' } })],
    ['text without words', { kind: 'text', number: 1, points: points(1) }],
    ['an empty text', text('')],
    ['a blank text', text('   ')],
    ['a probe beside the pictogram', { ...(samples['body-marker'] as object), probe: { x: 1.01, y: 0, angleDeg: 0 } }],
    ['a probe turned further than once', { ...(samples['body-marker'] as object), probe: { x: 0, y: 0, angleDeg: 360 } }],
  ])('refuses %s', (_, value) => {
    expect(refusal(value)).toMatchObject({ code: 'marks/bad-mark' });
  });

  it('says where it is wrong and what is allowed', () => {
    const error = refusal(distance({ number: 0 }));
    expect(error).toMatchObject({ message: 'a mark was refused: number is 0', remedy: expect.stringContaining('1') });
  });

  it.each([
    { x: -0.001, y: 5 },
    { x: 5, y: 480.001 },
    { x: 1e308, y: 5 },
  ])('refuses a point off the picture, $x, $y', (off) => {
    expect(refusal(distance({ points: [place(0), off] }))).toMatchObject({ code: 'marks/off-picture', fields: { point: 2 } });
  });

  it('refuses more points than a hand draws, before it reads any', () => {
    const area = { kind: 'area', number: 1, points: new Array(mostPoints + 1).fill('rubbish') };
    expect(refusal(area)).toMatchObject({ code: 'marks/too-many-points' });
    expect(parseMark({ ...area, points: new Array(mostPoints).fill(place(0)) }, picture).points).toHaveLength(mostPoints);
  });

  it('refuses a text of 10 000 characters', () => {
    expect(refusal(text('a'.repeat(10_000)))).toMatchObject({ code: 'marks/text-too-long', fields: { length: 10_000 } });
    expect(parseMark(text('a'.repeat(longestText)), picture).kind).toBe('text');
  });

  it.each(['<b>LV</b>', '</b>', '<!--', '<?xml', 'a <img src=x onerror=alert(1)>', 'a\u202eb', 'a\u200bb', 'a\nb', 'a\u0000b', 'a\ud800b'])(
    'refuses markup and hidden characters: %j',
    (words) => {
      const error = refusal(text(words));
      expect(error.code).toBe('marks/markup');
      // What hides or reorders text must not reach the message either.
      expect(error.message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    },
  );

  it('answers any value with a mark or a code', () => {
    const near = fc.record({
      kind: fc.constantFrom(...Object.keys(markSchemas)),
      number: fc.oneof(fc.integer(), fc.double()),
      points: fc.array(fc.record({ x: fc.double(), y: fc.double() }), { maxLength: 5 }),
      caption: fc.oneof(fc.record({ text: fc.string() }), fc.anything()),
    });
    fc.assert(
      fc.property(fc.oneof(fc.anything(), near), (value) => {
        let mark: Mark | undefined;
        try {
          mark = parseMark(value, picture);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(AppError);
        }
        for (const { x, y } of mark?.points ?? []) expect(insidePicture({ x, y }, 640, 480)).toEqual({ x, y });
      }),
    );
  });

  it('takes of each kind as many points as the table says, which editing goes by', () => {
    for (const [kind, [least, most]] of Object.entries(pointCounts)) {
      const sample = samples[kind as MarkKind] as object;
      const taken = (count: number): boolean => {
        try {
          return parseMark({ ...sample, points: new Array(count).fill(place(1)) }, picture).points.length === count;
        } catch {
          return false;
        }
      };
      expect([least - 1, least, most, most + 1].map(taken), kind).toEqual([false, true, true, false]);
    }
  });
});

describe('parseManualCalibration', () => {
  it('takes a known length and refuses what is none', () => {
    const ruler = { points: points(2), known: { mm: 50 } };
    expect(parseManualCalibration(ruler, picture)).toEqual(ruler);
    expect(parseManualCalibration({ ...ruler, known: { french: 6 } }, picture).known).toEqual({ french: 6 });
    for (const known of [
      { mm: 0 },
      { mm: -3 },
      { mm: Number.NaN },
      { french: 0 },
      { french: 400 },
      { inch: 1 },
      {},
      { mm: 2, french: 6 },
    ]) {
      expect(() => parseManualCalibration({ ...ruler, known }, picture)).toThrow(expect.objectContaining({ code: 'marks/bad-mark' }));
    }
    const off = { ...ruler, points: [place(0), { x: 700, y: 0 }] };
    expect(() => parseManualCalibration(off, picture)).toThrow(expect.objectContaining({ code: 'marks/off-picture' }));
  });
});

describe('insidePicture', () => {
  it('brings a point back to the nearest edge', () => {
    expect(insidePicture({ x: -3, y: 70 }, 100, 50)).toEqual({ x: 0, y: 50 });
    expect(insidePicture({ x: 12.5, y: 7 }, 100, 50)).toEqual({ x: 12.5, y: 7 });
  });
});
