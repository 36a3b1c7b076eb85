import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CalibrationRegion } from '../../src/frame/calibration.ts';
import { clinicalValues } from '../../src/marks/clinical.ts';
import { labelCodes, vocabularies } from '../../src/marks/label.ts';
import type { Mark } from '../../src/marks/mark.ts';
import { germanLabels } from '../../src/marks/words.ts';
import { encodePng } from '../../src/print/png.ts';
import { type PrintDocument, type PrintedPicture, printedSheets } from '../../src/print/sheet.ts';

const popplerIsThere = existsSync('/usr/bin/pdftotext');
const [width, height] = [320, 240];
const tissue: CalibrationRegion = { kind: 'tissue', x0: 0, y0: 0, x1: 319, y1: 239, unitX: 'cm', unitY: 'cm', deltaX: 0.05, deltaY: 0.05 };
const measured = { width, height, regions: [tissue] };

/** Noise: whatever is changed in it is found. */
function noise(seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: width * height }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return 40 + ((state >>> 16) % 60);
  });
}

const caliper = (number: number, y = 120): Mark => ({
  kind: 'distance',
  number,
  points: [
    { x: 60, y },
    { x: 160, y },
  ],
  caption: { label: 'lvidd' },
});
const everyKind: readonly Mark[] = [
  caliper(1, 40),
  {
    kind: 'polyline',
    number: 2,
    points: [
      { x: 20, y: 200 },
      { x: 60, y: 220 },
      { x: 90, y: 190 },
    ],
  },
  {
    kind: 'angle',
    number: 3,
    points: [
      { x: 200, y: 60 },
      { x: 240, y: 100 },
      { x: 290, y: 70 },
    ],
  },
  {
    kind: 'ellipse',
    number: 4,
    points: [
      { x: 120, y: 150 },
      { x: 180, y: 150 },
      { x: 150, y: 175 },
    ],
  },
  {
    kind: 'area',
    number: 5,
    points: [
      { x: 220, y: 140 },
      { x: 280, y: 150 },
      { x: 270, y: 200 },
      { x: 225, y: 190 },
    ],
  },
  { kind: 'point', number: 6, points: [{ x: 30, y: 90 }] },
  {
    kind: 'arrow',
    number: 7,
    points: [
      { x: 300, y: 20 },
      { x: 250, y: 40 },
    ],
  },
  { kind: 'text', number: 8, points: [{ x: 100, y: 15 }], caption: { text: 'Größe Ł ž' } },
  { kind: 'body-marker', number: 9, points: [{ x: 290, y: 215 }], body: 'chest-front', probe: { x: 0.6, y: 0.5, angleDeg: 45 } },
];

function picture(seed: number, marks: readonly Mark[], author = 'Zoë Müller'): PrintedPicture {
  return {
    png: encodePng(width, height, 1, noise(seed)),
    width,
    height,
    source: `Kamera ${seed}`,
    kind: 'still',
    capturedUs: Date.UTC(2026, 10, 21, 13, 5, seed) * 1000,
    synthetic: true,
    marks: marks.map((shape) => ({ shape, picture: measured, author })),
  };
}

const document = (more: Partial<PrintDocument>): PrintDocument => ({
  language: 'en',
  timeZone: 'Europe/Berlin',
  paper: 'A4',
  layout: 1,
  room: 'Herzkatheter 2',
  printedUs: Date.UTC(2026, 10, 21, 14, 0, 0) * 1000,
  openedUs: Date.UTC(2026, 10, 21, 13, 0, 0) * 1000,
  patient: undefined,
  marks: true,
  pictures: [picture(1, everyKind)],
  measurements: [],
  ...more,
});

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(process.env.LUMENCAST_KEEP_PRINTS ?? tmpdir(), 'print-'));
});
afterAll(() => {
  if (process.env.LUMENCAST_KEEP_PRINTS === undefined) rmSync(folder, { recursive: true });
});

async function printed(name: string, print: PrintDocument): Promise<string> {
  const file = join(folder, `${name}.pdf`);
  writeFileSync(file, await printedSheets(print));
  return file;
}
const poppler = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const textOf = (file: string): string => poppler('pdftotext', '-layout', file, '-');
const infoOf = (file: string): string => poppler('pdfinfo', file);

describe('a PNG of pixels', () => {
  it('holds them bit for bit', () => {
    const pixels = noise(3);
    const png = encodePng(width, height, 1, pixels);
    const data = inflateSync(png.subarray(png.indexOf('IDAT') + 4, png.indexOf('IEND') - 8));
    const rows = Array.from({ length: height }, (_, y) => data.subarray(y * (width + 1) + 1, (y + 1) * (width + 1)));
    for (const [y, row] of rows.entries()) {
      if (y > 0) for (let x = 0; x < width; x++) row[x] = (row[x]! + rows[y - 1]![x]!) & 0xff;
      expect(Buffer.compare(row, pixels.subarray(y * width, (y + 1) * width))).toBe(0);
    }
  });
});

describe.skipIf(!popplerIsThere)('printed sheets, read by poppler', () => {
  it('say what was measured, by whom and when, as text and in the language of the print', async () => {
    const file = await printed('german', document({ language: 'de', pictures: [picture(1, everyKind)] }));
    const text = textOf(file);
    expect(text).toContain('Untersuchung · Herzkatheter 2 · 21.11.2026, 14:00:00');
    expect(text).toContain('Nicht für die Diagnostik');
    expect(text).toMatch(/1\s+LVIDd\s+50,0\s+mm\s+Zoë Müller/);
    expect(text).toContain('Größe Ł ž');
    expect(text).toMatch(/Umfang \d+,\d\scm/);
    expect(text).toContain('14:05:01');
    expect(text).toContain('synthetisch');
    expect(text).not.toContain('Patient');
  });

  it('write the code points of what there is no print for, and say so; a name in Latin, Greek or Cyrillic letters stands as it is', async () => {
    const named = async (language: 'en' | 'de', name: string, author: string): Promise<string> => {
      const patient = { name, id: '1' };
      const file = await printed(`names-${language}`, document({ language, patient, pictures: [picture(1, [caliper(1)], author)] }));
      return textOf(file);
    };
    const chinese = await named('de', '李明 (Li Ming)', 'Zoë');
    expect(chinese).toContain('[U+674E U+660E] (Li Ming) · 1');
    expect(chinese).toContain('stehen als Unicode-Nummern da');
    expect(await named('en', 'Anna', 'פלוני ג׳')).toMatch(/\[U\+05E4 .*\] *\[U\+05D2 U\+05F3\]/);
    for (const name of ['سلمى', 'สมหญิง']) expect(await named('en', name, 'Zoë')).toContain('stand as their Unicode code points');
    const plain = await named('en', 'Жанна Łucja Ωμέγα Nguyễn e\u0301\u200e', 'Zoë');
    expect(plain).toContain('Жанна Łucja Ωμέγα Nguyễn é · 1');
    expect(plain).not.toContain('U+');
  });

  it('say in German nothing that they say in English', async () => {
    const labels = labelCodes.map(
      (label, index): Mark => ({ kind: 'point', number: index + 1, points: [{ x: 9 + index, y: 20 }], caption: { label } }),
    );
    const ends = [
      { x: 60, y: 120 },
      { x: 160, y: 120 },
    ] as const;
    const hand = { points: ends, known: { mm: 50 } } as const;
    const notes = [
      { shape: caliper(90), picture: { width, height, regions: [] }, author: 'This machine' },
      { shape: caliper(91), picture: { ...measured, manual: hand }, author: 'This machine' },
    ];
    const marked = picture(1, [...labels, ...everyKind], 'This machine');
    const value = { of: 'ejection-fraction', value: 58, unit: '%' } as const;
    const measurements = (
      [
        ['ejection-fraction', 'biplane-discs', 'the outline crosses itself'],
        ['heart-rate', 'ecg-caliper', 'axes are not time and velocity'],
        ['stenosis', 'diameters', 'the lesion is wider than the reference'],
        ['doppler', 'trace', 'no baseline is named'],
      ] as const
    ).map(([measurement, method, reason]) => {
      const quantities = [value, { of: 'area-stenosis', value: 3, unit: '%' } as const];
      return { measurement, method, quantities, calibration: 'source', reason } as const;
    });
    const patient = { name: 'Zoë', id: '1', born: '1970-05-31', sex: 'female' } as const;
    const print = { layout: 1, patient, measurements, pictures: [{ ...marked, marks: [...marked.marks, ...notes] }] } as const;
    const wordsIn = async (language: 'en' | 'de'): Promise<Set<string>> => {
      const text = textOf(await printed(`words-${language}`, document({ ...print, language })));
      return new Set(text.toLowerCase().match(/\p{L}{3,}/gu));
    };
    const [english, german] = [await wordsIn('en'), await wordsIn('de')];
    // Abbreviations, and words that are the same in both.
    const abbreviations = Object.values(vocabularies).flatMap((words) =>
      Object.values(words).filter((word) => germanLabels[word] === undefined),
    );
    const typed = [
      'Herzkatheter',
      'Kamera',
      'Zoë',
      'Größe',
      'Lumencast',
      'Europe',
      'Berlin',
      'clip',
      'Doppler',
      'VTI',
      'biplane',
      'von Hand',
    ];
    const same = new Set([...typed, ...abbreviations].flatMap((word) => word.toLowerCase().match(/\p{L}{3,}/gu) ?? []));
    expect([...german].filter((word) => english.has(word) && !same.has(word))).toEqual([]);
    for (const word of ['läsion', 'referenz', 'stenose', 'erguss', 'katheterspitze', 'rechner', 'kreuzt']) expect(german).toContain(word);
  });

  it('begin with what the examination measures by several marks, on every sheet and above the pictures', async () => {
    const on = { picture: measured, stream: 0, fromUs: 5, untilUs: 5 };
    const cavity = (part: 'a4c-ed' | 'a4c-es', radius: number, height: number, number: number): Mark => ({
      kind: 'area',
      number,
      part,
      points: Array.from({ length: 91 }, (_, step) => {
        const angle = (step * Math.PI) / 90;
        return { x: 150 - radius * Math.cos(angle), y: 230 - height * Math.sin(angle) };
      }),
    });
    const [diastole, systole] = [cavity('a4c-ed', 50, 160, 1), cavity('a4c-es', 35, 140, 2)];
    const measurements = clinicalValues([
      { ...on, shape: diastole, rPeaksUs: [0, 800_000, 1_600_000] },
      { ...on, shape: systole },
    ]);
    // 2/3 pi r² L of half ellipsoids, by 0.5 mm a pixel.
    const ml = (radius: number, length: number): number => ((2 / 3) * Math.PI * radius ** 2 * length * 0.5 ** 3) / 1000;
    const [edv, esv] = [ml(50, 160), ml(35, 140)];
    const ef = `${Math.round(100 * (1 - esv / edv))}\\s%.{2}EDV\\s${Math.round(edv)}\\sml.{2}ESV\\s${Math.round(esv)}\\sml`;
    const pictures = [picture(1, [caliper(1)]), picture(2, [caliper(1)])];
    const text = textOf(await printed('measured', document({ measurements, pictures, patient: 'nobody' })));
    expect(text.match(new RegExp(`Ejection fraction\\s+${ef}.*single-plane method of discs`, 'g'))).toHaveLength(2);
    expect(text).toMatch(/Heart rate\s+75\s\/min \(R peaks of the source\)/);
    expect(text.indexOf('Ejection fraction')).toBeLessThan(text.indexOf('Kamera 1'));
    const german = textOf(await printed('measured-german', document({ measurements, pictures, language: 'de' })));
    expect(german).toMatch(new RegExp(`Auswurffraktion\\s+${ef}.*monoplane Scheibchenmethode`));
  });

  it('are tagged, have a language and a title without the patient', async () => {
    const patient = { name: 'Łukasiewicz-Ähß, Žofie Ελένη Жанна', id: 'A-17', born: '1961-02-03', sex: 'female' as const };
    const file = await printed('patient', document({ patient }));
    const info = infoOf(file);
    expect(info).toMatch(/Tagged:\s+yes/);
    expect(info).toMatch(/Pages:\s+1/);
    expect(info).toMatch(/Page size:\s+595\.28 x 841\.89 pts \(A4\)/);
    expect(info).toContain('Examination Herzkatheter 2');
    expect(info).not.toContain('ukasiewicz');
    expect(readFileSync(file, 'latin1')).toContain('/Lang (en)');
    expect(textOf(file)).toContain('Łukasiewicz-Ähß, Žofie Ελένη Жанна · A-17 · born 3 Feb 1961 · female');
    const structure = poppler('pdfinfo', '-struct-text', file);
    expect(structure).toMatch(/H1[\s\S]*H2[\s\S]*Figure/);
    expect(poppler('pdffonts', file)).toMatch(/SourceSans3\S*\s+CID TrueType\s+\S+\s+yes yes yes/);
  });

  it('hold the pixels of the picture unchanged, marks as lines over them', async () => {
    const file = await printed('pixels', document({}));
    poppler('pdfimages', '-png', file, join(folder, 'pixels'));
    const raw = execFileSync('ffmpeg', ['-v', 'error', '-i', join(folder, 'pixels-000.png'), '-f', 'rawvideo', '-pix_fmt', 'gray', '-'], {
      maxBuffer: 1 << 24,
    });
    expect(Buffer.compare(raw, noise(1))).toBe(0);
  });

  it('say each word over a picture once, whatever is drawn around it', async () => {
    const text: Mark = { kind: 'text', number: 1, points: [{ x: 100, y: 60 }], caption: { text: 'Pericardium' } };
    const words = async (marks: boolean): Promise<number> => {
      const file = await printed(`once-${marks}`, document({ marks, pictures: [picture(1, [text])] }));
      return poppler('pdftotext', '-raw', file, '-').match(/Pericardium/g)?.length ?? 0;
    };
    // Below the picture it stands anyway.
    expect([await words(true), await words(false)]).toEqual([2, 1]);
  });

  it('draw a dark line around the words over a picture', async () => {
    const text: Mark = { kind: 'text', number: 1, points: [{ x: 100, y: 60 }], caption: { text: 'Pericardium' } };
    const file = await printed(
      'halo',
      document({ pictures: [{ ...picture(1, [text]), png: encodePng(width, height, 1, new Uint8Array(width * height).fill(200)) }] }),
    );
    poppler('pdftoppm', '-r', '144', '-singlefile', file, join(folder, 'halo'));
    const ppm = readFileSync(join(folder, 'halo.ppm'));
    const columns = 1191;
    const start = ppm.length - columns * 1684 * 3;
    let [yellow, dark] = [0, 0];
    for (let row = 0; row < 400; row++) {
      for (let column = 68; column < columns - 68; column++) {
        const at = start + ((row + 200) * columns + column) * 3;
        const [r, g, b] = [ppm[at]!, ppm[at + 1]!, ppm[at + 2]!];
        if (r > 220 && g > 180 && b < 140) yellow++;
        if (r < 90 && g < 90 && b < 90) dark++;
      }
    }
    expect(yellow).toBeGreaterThan(100);
    // Around letters there is more of it than there is of them.
    expect(dark).toBeGreaterThan(yellow / 2);
  });

  it('draw the marks where they lie', async () => {
    const horizontal: Mark = {
      kind: 'area',
      number: 1,
      points: [
        { x: 80, y: 60 },
        { x: 240, y: 60 },
        { x: 240, y: 180 },
        { x: 80, y: 180 },
      ],
    };
    const rendered = async (marks: boolean): Promise<Buffer> => {
      const file = await printed(`marks-${marks}`, document({ marks, pictures: [picture(2, [horizontal])] }));
      poppler('pdftoppm', '-r', '144', '-singlefile', file, join(folder, `marks-${marks}`));
      return readFileSync(join(folder, `marks-${marks}.ppm`));
    };
    const [bare, marked] = [await rendered(false), await rendered(true)];
    const columns = 1191;
    // Header of a PPM: three lines.
    const start = marked.length - columns * 1684 * 3;
    expect(marked.subarray(0, start).toString()).toBe(`P6\n${columns} 1684\n255\n`);
    const yellow: [number, number][] = [];
    for (let at = start; at < marked.length; at += 3) {
      const [r, g, b] = [marked[at]!, marked[at + 1]!, marked[at + 2]!];
      if (r > 200 && g > 170 && b < 140 && marked[at + 2] !== bare[at + 2])
        yellow.push([((at - start) / 3) % columns, Math.floor((at - start) / 3 / columns)]);
    }
    // The picture is as wide as the sheet between its margins of 34 points; two pixels a point.
    const scale = (2 * (595.28 - 68)) / width;
    const left = 68 + 80 * scale;
    const onLeft = yellow.filter(([x]) => Math.abs(x - left) <= 2);
    expect(onLeft.length).toBeGreaterThan(100);
    const top = Math.min(...onLeft.map(([, y]) => y));
    const bottom = Math.max(...onLeft.map(([, y]) => y));
    expect(bottom - top).toBeGreaterThan(120 * scale - 6);
    expect(bottom - top).toBeLessThan(120 * scale + 6);
  });

  it.each([1, 2, 4, 6] as const)('bear %i pictures a sheet, all of thirteen', async (layout) => {
    const pictures = Array.from({ length: 13 }, (_, index) => picture(index + 1, [caliper(1), caliper(2, 200)]));
    const file = await printed(`layout-${layout}`, document({ layout, pictures, paper: layout === 6 ? 'Letter' : 'A4' }));
    expect(infoOf(file)).toMatch(new RegExp(`Pages:\\s+${Math.ceil(13 / layout)}\\b`));
    if (layout === 6) expect(infoOf(file)).toContain('612 x 792 pts (letter)');
    const text = textOf(file);
    for (let seed = 1; seed <= 13; seed++) expect(text).toContain(`Kamera ${seed} `);
    expect(text.match(/LVIDd\s+50\.0\s+mm\s+Zoë/g)).toHaveLength(26);
    expect(text.match(/Not for diagnostic use/g)!.length).toBeGreaterThanOrEqual(Math.ceil(13 / layout));
  });

  it('leave no measurement out, however many there are', async () => {
    const marks = Array.from({ length: 300 }, (_, index) => caliper(index + 1, (index * 7) % 240));
    const file = await printed('many', document({ layout: 6, pictures: [picture(1, marks), picture(2, [caliper(1)])] }));
    const text = textOf(file);
    for (const number of [1, 20, 150, 300]) expect(text).toMatch(new RegExp(`^\\s*${number}\\s+LVIDd\\s+50\\.0`, 'm'));
    expect(text).toContain('Further measurements');
    expect(Number(/Pages:\s+(\d+)/.exec(infoOf(file))?.[1])).toBeGreaterThan(4);
  });

  it('stay whole with the longest names', async () => {
    const long = 'Ottilie Wilhelmina Freifrau von und zu Guttenstein-Hohenlohe-Wa';
    const file = await printed(
      'long',
      document({ layout: 6, room: long, patient: { name: long, id: long }, pictures: [picture(1, [caliper(1)], long)] }),
    );
    const text = textOf(file);
    expect(text.match(/Hohenlohe-Wa/g)!.length).toBeGreaterThanOrEqual(4);
  });
});
