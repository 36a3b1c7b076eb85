import { describe, expect, it } from 'vitest';
import type { Earlier, Examination, Kept, SharedMark } from '../../../src/protocol/examination-messages.ts';
import type { ServerMessage } from '../../../src/protocol/messages.ts';
import {
  type ExaminationAction,
  type ExaminationState,
  initialExamination,
  reduceExamination,
} from '../../../web-client/examination/examination-state.ts';
import { whoseText } from '../../../web-client/examination/examination-texts.ts';
import { isOfAnother, marksOn, marksOnFrame, whoseFrame, whoseKept, whoseShown } from '../../../web-client/examination/whose.ts';
import type { PastTruth } from '../../../web-client/past/past-messages.ts';
import { inLanguage } from '../../../web-client/words/words.ts';

const author = { name: 'Ada', key: '0123456789abcdef' };
const patient = { name: 'Example, Erika', id: '4711' };
const ofErika: Examination = { examination: '2.25.1', patient, anonymous: false, openedUs: 1, stills: 1, clips: 0, marks: 1 };
const ofMax: Examination = { ...ofErika, examination: '2.25.2', patient: { name: 'Muster, Max', id: '12' }, openedUs: 1000 };
const still: Kept = {
  ...{ kept: 'a'.repeat(16), kind: 'still', stream: 0, source: 'Echo', modality: 'ultrasound', state: 'kept' },
  ...{ fromUs: 500, toUs: 500, frames: 1, lost: 0, bytes: 9, author, madeUs: 600 },
} as const;
const picture = { width: 100, height: 80, regions: [] };
const caliper = (mark: string, on: Partial<SharedMark>): SharedMark => ({
  ...{ mark, revision: 1, fromUs: 500, untilUs: 500, picture, author, madeUs: 1, changedUs: 1 },
  shape: {
    kind: 'distance',
    number: 1,
    points: [
      { x: 1, y: 2 },
      { x: 3, y: 4 },
    ],
  },
  ...on,
});
const [onIt, onItsStream, elsewhere] = [
  caliper('1', { kept: still.kept }),
  caliper('2', { stream: 0 }),
  caliper('3', { stream: 0, fromUs: 700, untilUs: 700 }),
];
const opened = (examination: Examination, boundaryUs?: number): ServerMessage => ({
  ...{ type: 'examination', examination, archive: { state: 'ready' }, author },
  ...(boundaryUs !== undefined && { boundaryUs }),
});
const hear = (message: ServerMessage): ExaminationAction => ({ act: 'hear', message });
const reached = (state: ExaminationState, ...actions: ExaminationAction[]): ExaminationState => actions.reduce(reduceExamination, state);
const { en, de } = inLanguage;

const withErika = reached(
  initialExamination,
  hear(opened(ofErika)),
  hear({ type: 'marks', marks: [onIt, elsewhere] }),
  hear({ type: 'mark-put', mark: onItsStream }),
  hear({ type: 'kept', kept: still }),
);
const withMax = reached(withErika, hear(opened(ofMax, 1000)), hear({ type: 'marks', marks: [] }));

describe('a still', () => {
  it('is of the open examination only where the server has told so', () => {
    expect(whoseKept(withErika, still.kept)).toEqual({ of: 'open' });
    expect(whoseKept(withErika, 'b'.repeat(16))).toEqual({ of: 'earlier', item: undefined, earlier: undefined });
  });

  it('stays of its patient, with what was drawn on it, when the next one comes, and after the line was down', () => {
    const hello = { type: 'hello' } as ServerMessage;
    for (const state of [withMax, reached(withErika, hear(hello), hear(opened(ofMax, 1000))), reached(withMax, { act: 'settled' })]) {
      const whose = whoseKept(state, still.kept);
      expect(whose).toMatchObject({ of: 'earlier', item: still, earlier: { examination: { patient } } });
      expect(marksOnFrame(whose, { ...picture, capturedUs: 500 }).map(({ id }) => id)).toEqual(['1', '2']);
      expect(marksOnFrame(whose, { ...picture, width: 50, capturedUs: 500 })).toEqual([]);
      expect(whose.of === 'earlier' && whose.earlier && marksOn(whose.earlier, still).map(({ id }) => id)).toEqual(['1', '2']);
      expect(whoseText(en, whose, true)).toBe('Earlier examination · Example, Erika · 4711');
      expect(whoseText(de, whose, true)).toBe('Frühere Untersuchung · Example, Erika · 4711');
    }
  });

  it('is of the examination again when that is opened again', () => {
    expect(whoseKept(reached(withMax, hear(opened(ofErika, 2000))), still.kept)).toEqual({ of: 'open' });
  });

  it('of a layout is of whom the server says, or of somebody who is not told', () => {
    const earlier: Earlier = { examination: '2.25.1', anonymous: false, kept: [still.kept], marks: [onIt] };
    const fresh = reached(initialExamination, hear(opened(ofMax, 1000)));
    const told = reached(fresh, hear({ type: 'kept-on-walls', kept: [still], earlier: [earlier] }));
    expect(whoseText(en, whoseKept(told, still.kept), true)).toBe('Earlier examination');
    expect(marksOnFrame(whoseKept(told, still.kept), { ...picture, capturedUs: 500 })).toHaveLength(1);
    const operators = reached(fresh, hear({ type: 'kept-on-walls', kept: [still], earlier: [{ ...earlier, patient }] }));
    expect(whoseText(en, whoseKept(operators, still.kept), true)).toContain('Erika');
  });

  it('is forgotten with its patient by whoever is out', () => {
    expect(JSON.stringify(reached(withMax, { act: 'clear' }))).not.toContain('Erika');
  });
});

it('a frame of a stream is before the examination until its boundary', () => {
  expect(whoseFrame(withErika, 1)).toEqual({ of: 'open' });
  expect(whoseFrame(withMax, 1000)).toEqual({ of: 'open' });
  expect(whoseFrame(withMax, undefined)).toEqual({ of: 'open' });
  const before = whoseShown(withMax, { picture: { capturedUs: 999 } });
  expect(whoseText(en, before, true)).toBe('Before this examination');
  expect(whoseText(de, before, false)).toBe('Frühere Untersuchung');
});

describe('marks', () => {
  const frame = (capturedUs: number, kept?: string) => {
    const past = kept === undefined ? undefined : ({ past: { of: 'kept', kept: { ...still, kept } } } as unknown as PastTruth);
    return { picture: { capturedUs }, past };
  };

  it('are taken on what the open examination captured or keeps, and on nothing of another one', () => {
    expect([withErika, withMax].map((state) => isOfAnother(state, 0, frame(500, still.kept)))).toEqual([false, true]);
    expect([999, 1000].map((us) => isOfAnother(withMax, 0, frame(us)))).toEqual([true, false]);
    // Opened again: of the time before, it holds the frame of its still.
    const again = reached(withMax, hear(opened(ofErika, 2000)), hear({ type: 'kept', kept: still }));
    expect([500, 501].map((us) => isOfAnother(again, 0, frame(us)))).toEqual([false, true]);
    expect(isOfAnother(again, 1, frame(500))).toBe(true);
  });
});
