import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { belongsTo } from '../../src/marks/belonging.ts';
import { drawnMarks } from '../../src/marks/drawn-marks.ts';
import type { Mark } from '../../src/marks/mark.ts';
import { measure } from '../../src/marks/measure.ts';
import { exportFileName } from '../../web-client/export/file-name.ts';
import { isoTime, type ListedMark, type ListHead, measurementsCsv, measurementsJson } from '../../web-client/export/measurements-file.ts';

const picture = {
  width: 400,
  height: 300,
  regions: [{ kind: 'tissue', x0: 0, y0: 0, x1: 199, y1: 299, unitX: 'cm', unitY: 'cm', deltaX: 0.0123, deltaY: 0.0123 }] as const,
};
const atUs = Date.UTC(2026, 10, 21, 13, 5, 1, 40) * 1000 + 7;

function listed(shape: Mark, more: Partial<ListedMark> = {}): ListedMark {
  const id = `000000000000000${shape.number}`;
  const times = { fromUs: atUs, untilUs: undefined, madeUs: atUs + 1, changedUs: atUs + 2, changedBy: 'B' };
  return { id, shape, picture, source: 'Echo, room "1"', kept: undefined, author: 'Zoë Müller', ...times, ...more };
}

const area: Mark = {
  kind: 'area',
  number: 1,
  points: [
    { x: 20, y: 20 },
    { x: 120, y: 20 },
    { x: 120, y: 90 },
  ],
  caption: { label: 'a4c' },
};
const outside: Mark = {
  kind: 'distance',
  number: 2,
  points: [
    { x: 250, y: 20 },
    { x: 350, y: 20 },
  ],
};
const note = (number: number, text: string): Mark => ({ kind: 'text', number, points: [{ x: 9, y: 9 }], caption: { text } });
const head: ListHead = { room: 'Labor Süd', examination: '2.25.17', patient: undefined, writtenUs: atUs };

/** Marks on two clips that make measurements together. */
function examined(): ListedMark[] {
  const regions = [{ ...picture.regions[0], x1: 399 }];
  const cavity = (number: number, part: 'a4c-ed' | 'a4c-es', radius: number, length: number): Mark => ({
    kind: 'area',
    number,
    part,
    points: Array.from({ length: 181 }, (_, step) => {
      const angle = (step * Math.PI) / 180;
      return { x: 100 - radius * Math.cos(angle), y: 280 - length * Math.sin(angle) };
    }),
  });
  const caliper = (number: number, part: 'reference' | 'lesion', to: number): Mark => ({
    kind: 'distance',
    number,
    part,
    points: [
      { x: 300, y: 20 },
      { x: to, y: 20 },
    ],
  });
  const on = { picture: { ...picture, regions }, stream: 0, untilUs: atUs };
  const [a, b] = [
    { ...on, kept: 'a'.repeat(16), source: 'Clip A' },
    { ...on, kept: 'b'.repeat(16), source: 'Clip B', stream: 1 },
  ];
  return [
    listed(cavity(1, 'a4c-ed', 60, 250), { ...a, rPeaksUs: [atUs - 800_000, atUs, atUs + 800_000] }),
    listed(cavity(2, 'a4c-es', 40, 220), b),
    listed(caliper(3, 'reference', 380), a),
    listed(caliper(4, 'lesion', 320), a),
  ];
}

/** What another parser makes of a CSV. */
function pythonRows(csv: string, delimiter = ','): Record<string, string>[] {
  const program =
    'import csv,json,sys,io; print(json.dumps(list(csv.DictReader(io.StringIO(sys.stdin.buffer.read().decode("utf-8-sig"), newline=""), delimiter=sys.argv[1]))))';
  return JSON.parse(execFileSync('python3', ['-c', program, delimiter], { input: csv, encoding: 'utf8' })) as Record<string, string>[];
}

describe('measurements as CSV, read by another parser', () => {
  it('have a line for each value, whole, with unit, calibration, author and times with their zone', () => {
    const rows = pythonRows(measurementsCsv(head, [listed(area), listed(outside)], 'en'));
    const quantities = measure(picture, area).quantities;
    expect(rows.map(({ quantity }) => quantity)).toEqual(['area', 'circumference', 'length']);
    for (const [row, { value, unit }] of quantities.entries()) {
      expect(Number(rows[row]?.value)).toBe(value);
      expect(rows[row]?.unit).toBe(unit);
    }
    expect(rows[0]).toMatchObject({
      number: '1',
      kind: 'area',
      caption: 'A4C',
      calibration: 'source',
      reason: '',
      source: 'Echo, room "1"',
      author: 'Zoë Müller',
      'changed by': 'B',
      'last frame': '',
      examination: '2.25.17',
      room: 'Labor Süd',
    });
    expect(rows[2]).toMatchObject({ calibration: 'none', reason: 'not calibrated here', unit: 'px', value: '100' });
    expect(rows[0]?.['first frame']).toMatch(/^2026-11-21T\d\d:05:01\.040007[+-]\d\d:\d\d$/);
    expect(Date.parse(rows[0]?.['first frame'] ?? '')).toBe(Math.floor(atUs / 1000));
    expect(Object.keys(rows[0] ?? {}).some((name) => name.startsWith('patient'))).toBe(false);
  });

  it('begin with what several marks measure together: ejection fraction, heart rate, stenosis and flow', () => {
    const marks = examined();
    const rows = pythonRows(measurementsCsv(head, marks, 'en'));
    const of = (kind: string) => rows.filter((row) => row.kind === kind);
    const [ef, edv, esv, stroke] = of('ejection-fraction');
    // Half ellipsoids of revolution, 2/3 pi r² L: radius and length in pixels of 0.123 mm.
    const ml = (radius: number, length: number): number => ((2 / 3) * Math.PI * radius ** 2 * length * 0.123 ** 3) / 1000;
    expect(Number(edv?.value)).toBeCloseTo(ml(60, 250), 1);
    expect(Number(esv?.value)).toBeCloseTo(ml(40, 220), 1);
    expect(Number(stroke?.value)).toBeCloseTo(ml(60, 250) - ml(40, 220), 1);
    expect(Number(ef?.value)).toBeCloseTo(100 * (1 - ml(40, 220) / ml(60, 250)), 0);
    expect(ef).toMatchObject({ quantity: 'ejection-fraction', unit: '%', caption: 'single-plane-discs', calibration: 'source' });
    expect([ef?.source, ef?.mark]).toEqual(['Clip A + Clip B', `${marks[0]?.id} ${marks[1]?.id}`]);
    expect(of('heart-rate')).toMatchObject([{ value: '75', unit: '/min', caption: 'r-peaks' }]);
    expect(of('stenosis').map(({ quantity, unit }) => `${quantity} ${unit}`)).toEqual(['diameter-stenosis %', 'area-stenosis %']);
    expect(Number(of('stenosis')[0]?.value)).toBeCloseTo(75, 9);
    expect(of('area').map(({ part }) => part)).toEqual(['a4c-ed', 'a4c-ed', 'a4c-es', 'a4c-es']);
    expect(rows[0]?.kind).toBe('ejection-fraction');

    const told = JSON.parse(measurementsJson(head, marks)) as { measurements: Record<string, unknown>[]; marks: Record<string, unknown>[] };
    expect(told.measurements.map(({ measurement }) => measurement)).toEqual(['ejection-fraction', 'heart-rate', 'stenosis']);
    expect(told.measurements[0]).toMatchObject({
      method: 'single-plane-discs',
      values: [{ of: 'ejection-fraction', value: Number(ef?.value), unit: '%' }, {}, {}, {}],
      marks: [
        { mark: marks[0]?.id, number: 1, source: 'Clip A' },
        { number: 2, source: 'Clip B' },
      ],
    });
    expect(told.marks.map(({ part }) => part)).toEqual(['a4c-ed', 'a4c-es', 'reference', 'lesion']);
  });

  it('are read by German spreadsheets: semicolons between the cells, commas in the numbers, everything else the same', () => {
    const marks = [listed(area, { source: 'Echo; "1", links' }), listed(outside), ...examined()];
    const [english, german] = [pythonRows(measurementsCsv(head, marks, 'en')), pythonRows(measurementsCsv(head, marks, 'de'), ';')];
    expect(german.map((row) => ({ ...row, value: row.value?.replace(',', '.') }))).toEqual(english);
    const { value } = measure(picture, area).quantities[0]!;
    expect(german.find(({ kind }) => kind === 'area')?.value).toBe(String(value).replace('.', ','));
    expect(value % 1).not.toBe(0);
  });

  it('give a text no chance to be a formula, and change nothing else in it', () => {
    const evil = ['=HYPERLINK("x")', '+1', '-1', '@SUM(A1)', '\t=1', '|calc', '%0A', '＝1+1', ' =1'];
    const plain = ['EF < 30 %', 'a, "b" \'c\'', 'zwei\nZeilen', 'Größe'];
    const rows = pythonRows(
      measurementsCsv(
        head,
        [...evil, ...plain].map((text, index) => listed(note(index + 1, text))),
        'en',
      ),
    );
    expect(rows.map(({ caption }) => caption)).toEqual([...evil.map((text) => `'${text}`), ...plain]);
    const author = pythonRows(measurementsCsv(head, [listed(outside, { author: "=cmd|' /C calc'!A0", source: '@x' })], 'en'));
    expect(author[0]).toMatchObject({ author: "'=cmd|' /C calc'!A0", source: "'@x" });
  });

  it('leave a value below zero a number', () => {
    const regions = [{ ...picture.regions[0], kind: 'pw-doppler', unitX: 's', unitY: 'cm/s', referenceY: 100, deltaY: -1 }] as const;
    const point: Mark = { kind: 'point', number: 1, points: [{ x: 10, y: 150 }] };
    const mark = listed(point, { picture: { ...picture, regions } });
    expect(Number(pythonRows(measurementsCsv(head, [mark], 'en'))[0]?.value)).toBeLessThan(-40);
  });

  it('name the patient where somebody asked for that', () => {
    const patient = { name: 'Ångström, =Zoë', id: '=1', born: '1950-12-31' };
    const [row] = pythonRows(measurementsCsv({ ...head, patient }, [listed(area)], 'en'));
    expect(row).toMatchObject({ 'patient name': 'Ångström, =Zoë', 'patient id': "'=1", 'patient born': '1950-12-31' });
  });
});

describe('measurements as JSON', () => {
  it('have numbers as numbers, null for what is not known, and the points', () => {
    const told = JSON.parse(measurementsJson(head, [listed(area), listed(outside, { author: undefined, madeUs: undefined })])) as {
      readonly marks: readonly Record<string, unknown>[];
      readonly notForDiagnosticUse: boolean;
      readonly patient?: unknown;
    };
    expect(told.notForDiagnosticUse).toBe(true);
    expect('patient' in told).toBe(false);
    expect(told.marks[0]).toMatchObject({ values: measure(picture, area).quantities, pointsPx: area.points, calibration: 'source' });
    expect(told.marks[1]).toMatchObject({ author: null, made: null, calibration: 'none', reason: 'not calibrated here' });
  });
});

describe('a time that is written down', () => {
  it('has its zone and its microseconds', () => {
    expect(isoTime(atUs, 0)).toBe('2026-11-21T13:05:01.040007+00:00');
    expect(isoTime(atUs, 60)).toBe('2026-11-21T14:05:01.040007+01:00');
    expect(isoTime(atUs, -210)).toBe('2026-11-21T09:35:01.040007-03:30');
  });
});

describe('the name of a file', () => {
  it('says when and of what, in letters of every system', () => {
    expect(exportFileName(atUs, 'Écho Größe/2: A', 'png')).toBe('20261121-130501Z-echo-gro-e-2-a.png');
    expect(exportFileName(atUs, '../../..', 'csv')).toBe('20261121-130501Z.csv');
    expect(exportFileName(atUs, 'x'.repeat(200), 'mp4')).toHaveLength(17 + 40 + 4);
  });
});

describe('a mark', () => {
  const mark = { stream: 1, fromUs: 100, untilUs: 200, picture };
  const frame = { stream: 1, capturedUs: 150, ...picture };

  it('belongs to the frames of its time, on the picture that it was drawn on', () => {
    expect(belongsTo(mark, frame)).toBe(true);
    expect(belongsTo(mark, { ...frame, kept: 'k' })).toBe(true);
    expect(belongsTo(mark, { ...frame, capturedUs: 99 })).toBe(false);
    expect(belongsTo(mark, { ...frame, capturedUs: 201 })).toBe(false);
    expect(belongsTo({ ...mark, untilUs: undefined }, { ...frame, capturedUs: 1e15 })).toBe(true);
    expect(belongsTo(mark, { ...frame, stream: 2 })).toBe(false);
    expect(belongsTo(mark, { ...frame, width: 401 })).toBe(false);
    expect(belongsTo(mark, { ...frame, regions: [{ ...picture.regions[0], deltaY: 0.0246 }] })).toBe(false);
    expect(belongsTo({ ...mark, stream: undefined }, { ...frame, stream: undefined })).toBe(false);
    expect(belongsTo({ ...mark, kept: 'k' }, frame)).toBe(false);
    expect(belongsTo({ ...mark, stream: undefined, kept: 'k' }, { ...frame, stream: undefined, kept: 'k' })).toBe(true);
  });

  it('keeps its words on the picture and off those of others', () => {
    const marks = Array.from({ length: 6 }, (_, index): Mark => ({ ...outside, number: index + 1 }) as Mark);
    const size = { width: 400, height: 300 };
    const drawn = drawnMarks(marks, { place: (point) => point, unit: 0.5 }, size, ({ number }) => [`${number} 100 px`]);
    const places = drawn.map(({ words, fontSize }) => ({ ...words[0]!.at, fontSize, text: words.map(({ text }) => text).join('  ') }));
    for (const { words, fontSize } of drawn) {
      const [number, value] = words;
      // A number close to a value would be read as its first digit.
      expect(value!.at.x - number!.at.x).toBeGreaterThan((number!.text.length * 0.64 + 1) * fontSize);
      expect(value).toMatchObject({ text: '100 px', at: { y: number!.at.y } });
    }
    for (const { x, y, fontSize, text } of places) {
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x + text.length * 0.5 * fontSize).toBeLessThanOrEqual(400);
      expect(y).toBeGreaterThanOrEqual(0);
      expect(y).toBeLessThanOrEqual(300);
    }
    for (const [index, one] of places.entries()) {
      for (const other of places.slice(index + 1)) {
        const apart = Math.abs(one.y - other.y) >= one.fontSize || Math.abs(one.x - other.x) >= one.text.length * 0.5 * one.fontSize;
        expect(apart).toBe(true);
      }
    }
  });
});
