import { AppError } from '../app-error.ts';

/** ITU-T H.264 table 7-1. */
const sequenceParameterSet = 7;

/**
 * The name of a key frame's profile and level for a decoder, e.g. avc1.640028 (RFC 6381 §3.3), from its sequence parameter set.
 * Throws `codec/damaged` where there is none.
 */
export function h264CodecString(keyFrame: Uint8Array): string {
  // ITU-T H.264 annex B: 00 00 01 in front of every unit.
  for (let at = 0; at + 6 < keyFrame.length; at++) {
    if (keyFrame[at] !== 0 || keyFrame[at + 1] !== 0 || keyFrame[at + 2] !== 1) continue;
    if (((keyFrame[at + 3] as number) & 0x1f) !== sequenceParameterSet) continue;
    const hex = [...keyFrame.subarray(at + 4, at + 7)].map((byte) => byte.toString(16).padStart(2, '0'));
    return `avc1.${hex.join('')}`;
  }
  throw new AppError('codec/damaged', { codec: 'h264', reason: 'a key frame without a sequence parameter set' });
}

/** High profile at a level that pictures here never go beyond: what encoders are asked for, and browsers whether they decode. */
export const h264Ask = 'avc1.640033';
