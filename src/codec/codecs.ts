import { AppError } from '../app-error.ts';
import type { Codec } from './codec.ts';
import { raw } from './raw.ts';

export const codecs: readonly Codec[] = [raw];

/** The codec of a frame header's number. Throws `codec/unknown`. */
export function codecById(id: number): Codec {
  const codec = codecs.find((candidate) => candidate.id === id);
  if (codec === undefined) throw new AppError('codec/unknown', { codec: id });
  return codec;
}
