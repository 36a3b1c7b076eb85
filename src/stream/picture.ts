import { Observable, type OperatorFunction } from 'rxjs';
import type { Codec } from '../codec/codec.ts';
import { codecNumber } from '../codec/codecs.ts';
import { pictureFormatOf } from '../frame/frame-format.ts';
import type { PooledFrame } from '../frame/frame-pool.ts';
import { type FrameHeader, frameFlags, frameHeaderBytes, type View, writeFrameHeader } from '../protocol/frame-header.ts';

/** One view of a captured frame, lent for the length of the call like the frame itself. */
export interface Picture {
  readonly view: View;
  readonly frame: PooledFrame;
}

/** What the encoder needs to know of the stream at this moment. */
export interface EncoderFacts {
  readonly stream: number;
  readonly epoch: number;
  readonly overlayBurnedIn: boolean;
  /** Frames were lost between the one captured before and this one. */
  readonly gapBefore: boolean;
  capturedUs(capturedAtNs: bigint): number;
  nowNs(): bigint;
  crc32(payload: Uint8Array): number;
}

/** Writes the wire header in front of the pixels, in the slot itself: header and payload then leave in one piece. */
export function encoded(codec: Codec, facts: () => EncoderFacts): OperatorFunction<Picture, PooledFrame> {
  return (pictures$) =>
    new Observable((viewer) =>
      pictures$.subscribe({
        next({ view, frame }) {
          const { stream, epoch, overlayBurnedIn, gapBefore, ...clock } = facts();
          const { width, height } = frame.format;
          const pixelFormat = pictureFormatOf(frame.format);
          const payload = codec.encode({ width, height, pixelFormat }, frame.pixels);
          const flag = (set: boolean, bit: number): number => (set ? bit : 0);
          const header: FrameHeader = {
            codec: codecNumber(codec.name),
            flags:
              frameFlags.key |
              flag(codec.lossless, frameFlags.lossless) |
              flag(gapBefore, frameFlags.gapBefore) |
              flag(frame.synthetic, frameFlags.synthetic) |
              flag(overlayBurnedIn && view === 'processed', frameFlags.overlayBurnedIn) |
              flag(frame.rPeak, frameFlags.rPeak),
            pixelFormat,
            view,
            stream,
            sequence: frame.sequence,
            capturedAtUs: clock.capturedUs(frame.capturedAtNs),
            processingUs: Math.round(Number(clock.nowNs() - frame.capturedAtNs) / 1000),
            width,
            height,
            keySequence: frame.sequence,
            payloadBytes: payload.length,
            crc32: clock.crc32(payload),
            epoch,
          };
          writeFrameHeader(new DataView(payload.buffer, frame.byteOffset - frameHeaderBytes, frameHeaderBytes), header);
          viewer.next(frame);
        },
        error: (thrown) => viewer.error(thrown),
        complete: () => viewer.complete(),
      }),
    );
}
