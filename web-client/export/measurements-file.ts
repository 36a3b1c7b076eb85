import { type ClinicalValues, clinicalValues, type ExaminedMark } from '../../src/marks/clinical.ts';
import { captionText } from '../../src/marks/label.ts';
import { type Mark, type Point, partOf } from '../../src/marks/mark.ts';
import { measure, type Quantity } from '../../src/marks/measure.ts';
import type { Part } from '../../src/marks/parts.ts';
import type { Language } from '../words/words.ts';

/** A mark as it is written down. */
export interface ListedMark extends ExaminedMark {
  readonly id: string;
  readonly source: string;
  readonly author: string | undefined;
  /** Server clock, where the server has kept it. */
  readonly madeUs: number | undefined;
  readonly changedUs: number | undefined;
  readonly changedBy: string | undefined;
}

/** What stands above the list. The patient only where somebody asked for that. */
export interface ListHead {
  readonly room: string;
  readonly examination: string | undefined;
  readonly patient: { readonly name: string; readonly id: string; readonly born?: string | undefined } | undefined;
  readonly writtenUs: number;
}

interface Value {
  readonly of: Quantity['of'];
  readonly value: number;
  readonly unit: string;
}

interface Entry {
  readonly number: number;
  readonly kind: Mark['kind'];
  readonly caption: string | null;
  /** Of a measurement that stands on several marks. */
  readonly part: Part | null;
  readonly values: readonly Value[];
  /** By the source, by a hand, or not at all: then the values are pixels and the reason says why. */
  readonly calibration: 'source' | 'manual' | 'none';
  readonly reason: string | null;
  readonly source: string;
  readonly kept: string | null;
  readonly author: string | null;
  readonly made: string | null;
  readonly changed: string | null;
  readonly changedBy: string | null;
  readonly firstFrame: string;
  readonly lastFrame: string | null;
  readonly pointsPx: readonly Point[];
  readonly mark: string;
}

/** ISO 8601 with microseconds and the zone of this place at that time; `offsetMinutes`: east of Greenwich. */
export function isoTime(us: number, offsetMinutes = -new Date(us / 1000).getTimezoneOffset()): string {
  const wholeMs = Math.floor(us / 1000);
  const local = new Date(wholeMs + offsetMinutes * 60_000).toISOString().slice(0, -1);
  const micros = String(Math.round(us - wholeMs * 1000)).padStart(3, '0');
  const two = (part: number): string => String(part).padStart(2, '0');
  const away = Math.abs(offsetMinutes);
  return `${local}${micros}${offsetMinutes < 0 ? '-' : '+'}${two(Math.floor(away / 60))}:${two(away % 60)}`;
}

const asValue = ({ of, value, unit }: Quantity): Value => ({ of, value, unit });

function entryOf(mark: ListedMark): Entry {
  const { shape, picture, source, kept, author, changedBy, fromUs, untilUs, madeUs, changedUs } = mark;
  const { quantities, calibration, reason } = measure(picture, shape);
  const time = (us: number | undefined): string | null => (us === undefined ? null : isoTime(us));
  return {
    number: shape.number,
    kind: shape.kind,
    caption: 'caption' in shape && shape.caption !== undefined ? captionText(shape.caption) : null,
    part: partOf(shape) ?? null,
    values: quantities.map(asValue),
    calibration: calibration ?? 'none',
    reason: reason ?? null,
    source,
    kept: kept ?? null,
    author: author ?? null,
    made: time(madeUs),
    changed: time(changedUs),
    changedBy: changedBy ?? null,
    firstFrame: isoTime(fromUs),
    lastFrame: time(untilUs),
    pointsPx: shape.points,
    mark: mark.id,
  };
}

/** A measurement that stands on several marks, which are named in the order in which it takes them. */
const measurementOf = ({ measurement, method, quantities, calibration, reason, standsOn }: ClinicalValues<ListedMark>) => ({
  measurement,
  method,
  values: quantities.map(asValue),
  calibration: calibration ?? ('none' as const),
  reason: reason ?? null,
  marks: standsOn.map(({ id, shape, source }) => ({ mark: id, number: shape.number, source })),
});

/** For programs: numbers whole, times with their zone. */
export function measurementsJson(head: ListHead, marks: readonly ListedMark[]): string {
  const { room, examination, patient, writtenUs } = head;
  return `${JSON.stringify(
    {
      format: 'lumencast-measurements',
      version: 1,
      notForDiagnosticUse: true,
      room,
      examination: examination ?? null,
      ...(patient && { patient }),
      written: isoTime(writtenUs),
      measurements: clinicalValues(marks).map(measurementOf),
      marks: marks.map(entryOf),
    },
    undefined,
    2,
  )}\n`;
}

const columns = [
  'number',
  'kind',
  'caption',
  'part',
  'quantity',
  'value',
  'unit',
  'calibration',
  'reason',
  'source',
  'kept',
  'author',
  'made',
  'changed',
  'changed by',
  'first frame',
  'last frame',
  'examination',
  'room',
  'mark',
] as const;
const patientColumns = ['patient name', 'patient id', 'patient born'] as const;

/**
 * For spreadsheets, RFC 4180: a line for each value, first those of measurements that stand on several marks, and one for a mark that has none.
 * Spreadsheets read it by the language of their place: commas and decimal points, or in German semicolons and decimal commas. In front stands U+FEFF, without which the most common spreadsheet takes UTF-8 for something else.
 */
export function measurementsCsv(head: ListHead, marks: readonly ListedMark[], language: Language): string {
  const patient = head.patient && [head.patient.name, head.patient.id, head.patient.born ?? ''];
  const measured = clinicalValues(marks)
    .map(measurementOf)
    .flatMap(({ measurement, method, values, calibration, reason, marks: standsOn }) => {
      const sources = [...new Set(standsOn.map(({ source }) => source))].join(' + ');
      const of = standsOn.map(({ mark }) => mark).join(' ');
      return values.map(
        (value): Record<string, string | number | null> => ({
          kind: measurement,
          caption: method,
          quantity: value.of,
          value: value.value,
          unit: value.unit,
          calibration,
          reason,
          source: sources,
          examination: head.examination ?? null,
          room: head.room,
          mark: of,
        }),
      );
    })
    .map((cells) => [...columns.map((column) => cells[column] ?? null), ...(patient ?? [])]);
  const lines = marks.map(entryOf).flatMap((entry) => {
    const values: readonly (Value | undefined)[] = entry.values.length === 0 ? [undefined] : entry.values;
    return values.map((value) => [
      entry.number,
      entry.kind,
      entry.caption,
      entry.part,
      value?.of ?? null,
      value?.value ?? null,
      value?.unit ?? null,
      entry.calibration,
      entry.reason,
      entry.source,
      entry.kept,
      entry.author,
      entry.made,
      entry.changed,
      entry.changedBy,
      entry.firstFrame,
      entry.lastFrame,
      head.examination ?? null,
      head.room,
      entry.mark,
      ...(patient ?? []),
    ]);
  });
  const header = [...columns, ...(patient === undefined ? [] : patientColumns)];
  return `\ufeff${[header, ...measured, ...lines].map((cells) => cells.map((cell) => cellText(cell, language)).join(separators[language])).join('\r\n')}\r\n`;
}

const separators: { readonly [L in Language]: string } = { en: ',', de: ';' };

/** A text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV Injection). */
function cellText(cell: string | number | null, language: Language): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return language === 'de' ? String(cell).replace('.', ',') : String(cell);
  const harmless = /^[\s]*(?:[=+\-@|\t\r\uff1d\uff0b\uff0d\uff20]|%.)/s.test(cell) ? `'${cell}` : cell;
  return /[",;\r\n']/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
