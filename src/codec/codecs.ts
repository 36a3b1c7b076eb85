import { AppError } from '../app-error.ts';
import { type CodecName, codecNames, type StillCodecName } from '../protocol/tiers.ts';
import type { Codec } from './codec.ts';

/** Those that one end has opened. */
export type Codecs = Readonly<Partial<Record<StillCodecName, Codec>>>;

export const codecNumber = (name: CodecName): number => codecNames.indexOf(name);

/** The codec of a frame header's number. Throws `codec/unknown` where it was not opened. */
export function codecByNumber(codecs: Codecs, number: number): Codec {
  const name = codecNames[number];
  const codec = name === undefined || name === 'h264' ? undefined : codecs[name];
  if (codec === undefined) throw new AppError('codec/unknown', { codec: number });
  return codec;
}
