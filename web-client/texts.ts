import type { Words } from './words/words.ts';

/** Texts of numbers on the monitor, written as the language does. An unknown number is a dash, never a guess. */
export const dash = '–';

/** No-break space between number and unit. */
const space = '\u00a0';

const two = (part: number): string => String(part).padStart(2, '0');

export function milliseconds(value: number | undefined): string {
  return value === undefined ? dash : `${Math.round(value)}${space}ms`;
}

/** Seconds with one decimal, minutes and hours where they read better. */
export function seconds(words: Words, valueMs: number | undefined): string {
  if (valueMs === undefined) return dash;
  const whole = Math.floor(valueMs / 1000);
  if (whole < 60) return `${words.number(Math.floor(valueMs / 100) / 10, 1)}${space}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}:${two(whole % 60)}${space}min`;
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}${space}h`;
}

/** Time of day on the clock of this place, from Unix milliseconds; 24 hours in every language, as on the machines of the room. */
export function clockText(unixMs: number): string {
  const date = new Date(unixMs);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** The same to the tenth, never rounded up. */
export function tenthsText(words: Words, unixMs: number): string {
  const tenths = words.number(Math.floor(new Date(unixMs).getMilliseconds() / 100) / 10, 1);
  return `${clockText(unixMs)}${tenths.slice(1)}`;
}

/** A count with thin spaces between thousands (ISO 80000-1), which no language takes for a decimal sign. */
export function countText(value: number | undefined): string {
  return value === undefined ? dash : String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** Frames per second, or another number that is told with one decimal. */
export function tenthText(words: Words, value: number | undefined): string {
  return value === undefined ? dash : words.number(value, 1);
}

/** What a line bears, in bits as people know it from their contracts. */
export function rateText(words: Words, bytesPerSecond: number | undefined): string {
  if (bytesPerSecond === undefined) return dash;
  const megabits = (bytesPerSecond * 8) / 1e6;
  return `${words.number(megabits, megabits < 10 ? 1 : 0)}${space}Mbit/s`;
}

/** A place in millimetres; the minus sign is as wide as a digit. */
export function placeText(words: Words, millimetres: readonly number[]): string {
  return `${millimetres.map((value) => words.number(value, 1).replace('-', '\u2212')).join('  ')}${space}mm`;
}

/** How far a device's clock can be trusted: jitter, and drift once it is known. */
export function clockResidualText(words: Words, residualMs: number, driftPpm: number | undefined): string {
  const residual = `${words.number(residualMs, 1)}${space}ms`;
  return driftPpm === undefined ? residual : words.say('truth.drift', { residual, drift: `${Math.round(driftPpm)}${space}ppm` });
}

/** A moment on the clock of this place: the time alone where it is today. */
export function untilText(words: Words, unixMs: number, nowMs = Date.now()): string {
  const date = new Date(unixMs);
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return date.toDateString() === new Date(nowMs).toDateString() ? clock : `${words.date(date)} ${clock}`;
}
