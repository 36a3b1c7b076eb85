import { clockText, untilText } from '../texts.ts';
import type { Words } from '../words/words.ts';

const space = '\u00a0';
const two = (part: number): string => String(part).padStart(2, '0');

/** A moment on the clock of this place, to the tenth of a second. */
export function momentText(words: Words, us: number): string {
  const ms = us / 1000;
  return `${clockText(ms)}${words.number(Math.floor((((ms % 1000) + 1000) % 1000) / 100) / 10, 1).slice(1)}`;
}

/** A length of time: tenths of seconds, then minutes, hours and days. */
export function spanText(words: Words, us: number): string {
  const ms = Math.max(0, us / 1000);
  const s = Math.floor(ms / 1000);
  if (s < 60) return `${words.number(Math.floor(ms / 100) / 10, 1)}${space}s`;
  if (s < 3600) return `${Math.floor(s / 60)}:${two(s % 60)}${space}min`;
  if (s < 86_400) return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}${space}h`;
  return `${Math.floor(s / 86_400)}${space}d`;
}

/** Day and time of day, the time alone where it is today. */
export const whenText = (words: Words, us: number, nowMs: number): string => untilText(words, us / 1000, nowMs);
