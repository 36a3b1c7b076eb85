import { captionText } from '../../src/marks/label.ts';
import type { Mark, Point } from '../../src/marks/mark.ts';
import { measure, type Quantity } from '../../src/marks/measure.ts';
import type { MeasuredPicture } from '../../src/marks/scale.ts';

/** A mark as it is written down. */
export interface ListedMark {
  readonly id: string;
  readonly shape: Mark;
  readonly picture: MeasuredPicture;
  readonly source: string;
  readonly kept: string | undefined;
  readonly author: string | undefined;
  /** Server clock, where the server has kept it. */
  readonly madeUs: number | undefined;
  readonly changedUs: number | undefined;
  readonly changedBy: string | undefined;
  readonly fromUs: number;
  readonly untilUs: number | undefined;
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

function entryOf(mark: ListedMark): Entry {
  const { shape, picture, source, kept, author, changedBy, fromUs, untilUs, madeUs, changedUs } = mark;
  const { quantities, calibration, reason } = measure(picture, shape);
  const time = (us: number | undefined): string | null => (us === undefined ? null : isoTime(us));
  return {
    number: shape.number,
    kind: shape.kind,
    caption: 'caption' in shape && shape.caption !== undefined ? captionText(shape.caption) : null,
    values: quantities.map(({ of, value, unit }) => ({ of, value, unit })),
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
 * For spreadsheets, RFC 4180: a line for each value, and one for a mark that has none; commas and decimal points whatever the language of
 * this place. In front stands U+FEFF, without which the most common spreadsheet takes UTF-8 for something else.
 */
export function measurementsCsv(head: ListHead, marks: readonly ListedMark[]): string {
  const patient = head.patient && [head.patient.name, head.patient.id, head.patient.born ?? ''];
  const lines = marks.map(entryOf).flatMap((entry) => {
    const values: readonly (Value | undefined)[] = entry.values.length === 0 ? [undefined] : entry.values;
    return values.map((value) => [
      entry.number,
      entry.kind,
      entry.caption,
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
  return `\ufeff${[header, ...lines].map((cells) => cells.map(cellText).join(',')).join('\r\n')}\r\n`;
}

/** A text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV Injection). */
function cellText(cell: string | number | null): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const harmless = /^[\s]*[=+\-@|%\t\r\uff1d\uff0b\uff0d\uff20]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n']/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
