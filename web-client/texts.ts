/** Texts of numbers on the monitor. An unknown number is a dash, never a guess. */
export const dash = '–';

/** No-break space between number and unit. */
const space = '\u00a0';

export function milliseconds(value: number | undefined): string {
  return value === undefined ? dash : `${Math.round(value)}${space}ms`;
}

/** Seconds with one decimal, minutes and hours where they read better. */
export function seconds(valueMs: number | undefined): string {
  if (valueMs === undefined) return dash;
  const whole = Math.floor(valueMs / 1000);
  if (whole < 60) return `${(Math.floor(valueMs / 100) / 10).toFixed(1)}${space}s`;
  const two = (part: number): string => String(part).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)}:${two(whole % 60)}${space}min`;
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}${space}h`;
}

/** Time of day on the clock of this place, from Unix milliseconds. */
export function clockText(unixMs: number, tenths = false): string {
  const date = new Date(unixMs);
  const two = (part: number): string => String(part).padStart(2, '0');
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return tenths ? `${clock}.${Math.floor(date.getMilliseconds() / 100)}` : clock;
}

/** A count with thin spaces between thousands. */
export function countText(value: number | undefined): string {
  return value === undefined ? dash : String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** What a line bears, in bits as people know it from their contracts. */
export function rateText(bytesPerSecond: number | undefined): string {
  if (bytesPerSecond === undefined) return dash;
  const megabits = (bytesPerSecond * 8) / 1e6;
  return `${megabits < 10 ? megabits.toFixed(1) : Math.round(megabits)}${space}Mbit/s`;
}

/** A place in millimetres; the minus sign is as wide as a digit. */
export function placeText(millimetres: readonly number[]): string {
  return `${millimetres.map((value) => value.toFixed(1).replace('-', '\u2212')).join('  ')}${space}mm`;
}

/** How far a device's clock can be trusted: jitter, and drift once it is known. */
export function clockResidualText(residualMs: number, driftPpm: number | undefined): string {
  const residual = `${residualMs.toFixed(1)}${space}ms`;
  return driftPpm === undefined ? residual : `${residual}, drift ${Math.round(driftPpm)}${space}ppm`;
}

/** A moment on the clock of this place: the time alone where it is today. */
export function untilText(unixMs: number, nowMs = Date.now()): string {
  const [date, now] = [new Date(unixMs), new Date(nowMs)];
  const two = (part: number): string => String(part).padStart(2, '0');
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (date.toDateString() === now.toDateString()) return clock;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock}`;
}
