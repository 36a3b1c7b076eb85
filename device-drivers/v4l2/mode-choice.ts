import { formatOf, type ReadableFormat, readable } from './pixel-formats.ts';
import type { OfferedFormat, OfferedSize } from './video-device.ts';

/** What the room asks for; what is absent is free. */
export interface WantedMode {
  readonly format?: ReadableFormat['name'];
  readonly width?: number;
  readonly height?: number;
  readonly rate?: number;
}

export interface Mode {
  readonly format: ReadableFormat;
  readonly width: number;
  readonly height: number;
  /** Pictures per second to ask for; 0: not known. */
  readonly rate: number;
}

/** Slower is no live picture, and devices list large sizes at a few pictures per second. */
const leastRate = 24;
/** More pictures than a monitor shows are not asked for unasked. */
const mostRate = 60;
/** Rates are fractions: 29.97 is meant by 30. */
const tolerance = 0.02;

/**
 * The best mode of what a device offers: live rates first, then the larger picture, then the format that costs less and loses
 * nothing. `current` stands in where a device takes any size. Undefined: it has nothing that was asked for.
 */
export function chooseMode(offered: readonly OfferedFormat[], current: OfferedSize, wanted: WantedMode): Mode | undefined {
  const modes = offered.flatMap(({ code, emulated, sizes }) => {
    const format = formatOf(code);
    if (format === undefined || emulated || (wanted.format !== undefined && wanted.format !== format.name)) return [];
    return (sizes.length === 0 ? [anySize(current, wanted)] : sizes).flatMap((size) => modeOf(format, size, wanted));
  });
  return modes.toSorted(better)[0];
}

/** A device that lists no sizes is asked for the wanted one, and says itself what it makes of it. */
function anySize(current: OfferedSize, { width, height, rate }: WantedMode): OfferedSize {
  return { width: width ?? current.width, height: height ?? current.height, rates: rate === undefined ? current.rates : [rate] };
}

function modeOf(format: ReadableFormat, { width, height, rates }: OfferedSize, wanted: WantedMode): Mode[] {
  if ((wanted.width !== undefined && wanted.width !== width) || (wanted.height !== undefined && wanted.height !== height)) return [];
  if (wanted.rate === undefined) return [{ format, width, height, rate: rates.find((rate) => rate <= mostRate + 1) ?? rates[0] ?? 0 }];
  const asked = wanted.rate;
  const rate = rates.length === 0 ? asked : rates.find((one) => Math.abs(one - asked) <= tolerance * asked);
  return rate === undefined ? [] : [{ format, width, height, rate }];
}

function better(one: Mode, other: Mode): number {
  const live = Number(isLive(other)) - Number(isLive(one));
  return live || other.width * other.height - one.width * one.height || order(one) - order(other) || other.rate - one.rate;
}

const isLive = ({ rate }: Mode): boolean => rate === 0 || rate >= leastRate * (1 - tolerance);
const order = ({ format }: Mode): number => readable.indexOf(format);

/** What this driver can use of it, a line each, as people read it: `YUYV 1920x1080, 60 fps`. */
export function modeLines(offered: readonly OfferedFormat[]): string[] {
  return offered.flatMap(({ code, sizes }) => {
    const name = formatOf(code)?.name;
    if (name === undefined) return [];
    if (sizes.length === 0) return [name];
    return sizes.map(({ width, height, rates }) => `${name} ${width}x${height}${rateText(rates[0] ?? 0)}`);
  });
}

export const rateText = (rate: number): string => (rate > 0 ? `, ${Math.round(rate * 100) / 100} fps` : '');
