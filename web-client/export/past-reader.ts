import { AppError } from '../../src/app-error.ts';
import { type Codecs, codecByNumber } from '../../src/codec/codecs.ts';
import { frameFormat } from '../../src/frame/frame-format.ts';
import { type FrameHeader, frameHeaderBytes, readFrameHeader } from '../../src/protocol/frame-header.ts';
import type { Painter } from '../painter.ts';
import type { PastFrame } from '../past/frame-list.ts';
import { keptPast, type PastDescription, type PastSource, streamPast } from '../past/past-source.ts';
import type { PastFrames } from './export-messages.ts';

/** So many bytes of frames are asked for at once; one frame, however large. */
const batchBytes = 8 * 1024 * 1024;
const batchFrames = 64;

export interface ReadFrame {
  readonly header: FrameHeader;
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly description: PastDescription | undefined;
}

/** Every frame of a stretch of the past, in order, while only a few megabytes of it are here. */
export class PastReader {
  readonly frames: readonly PastFrame[];
  readonly #descriptions: ReadonlyMap<number, PastDescription>;
  readonly #source: PastSource;

  private constructor(source: PastSource, frames: readonly PastFrame[], descriptions: ReadonlyMap<number, PastDescription>) {
    this.#source = source;
    this.frames = frames;
    this.#descriptions = descriptions;
  }

  /** Throws export/not-there where nothing of it is left, and what `PastSource` throws. */
  static async open({ base, stream, kept, examination, fromUs, toUs }: PastFrames, signal: AbortSignal): Promise<PastReader> {
    const source = kept === undefined ? streamPast(base, stream ?? -1, examination) : keptPast(base, kept, examination);
    const all: PastFrame[] = [];
    const descriptions = new Map<number, PastDescription>();
    let from: number | undefined = fromUs;
    for (;;) {
      const part = await source.index(from, toUs, signal);
      const lastUs = all.at(-1)?.capturedUs ?? Number.NEGATIVE_INFINITY;
      const news = part.frames.filter(({ capturedUs }) => capturedUs > lastUs);
      all.push(...news);
      for (const [epoch, description] of part.descriptions) descriptions.set(epoch, description);
      if (!part.more || news.length === 0) break;
      from = (all.at(-1)?.capturedUs ?? 0) + 1;
    }
    const frames = all.filter(({ capturedUs }) => capturedUs >= fromUs && capturedUs <= toUs);
    if (frames.length === 0) throw new AppError('export/not-there');
    return new PastReader(source, frames, descriptions);
  }

  /** Throws export/frame-missing where one does not come: a film with a frame left out would be untrue. */
  async *read(signal: AbortSignal): AsyncGenerator<ReadFrame, void, undefined> {
    for (let at = 0; at < this.frames.length; ) {
      const batch = batchFrom(this.frames, at);
      let next = 0;
      for await (const message of this.#source.frames(batch, 'exact', signal)) {
        const header = readFrameHeader(new DataView(message.buffer, message.byteOffset, message.length));
        const wanted = batch[next++];
        if (header.capturedAtUs !== wanted?.capturedUs) break;
        yield { header, payload: message.subarray(frameHeaderBytes), description: this.#descriptions.get(header.epoch) };
        at++;
      }
      if (next !== batch.length) throw new AppError('export/frame-missing', { frame: at + 1, frames: this.frames.length });
    }
  }
}

function batchFrom(frames: readonly PastFrame[], at: number): readonly PastFrame[] {
  let bytes = 0;
  let end = at;
  while (end < frames.length && end - at < batchFrames && (end === at || bytes + frames[end]!.bytes <= batchBytes))
    bytes += frames[end++]!.bytes;
  return frames.slice(at, end);
}

/** Puts a frame on a canvas of its size, as it is seen. Throws codec/… and frame/… */
export function paintFrame(painter: Painter, codecs: Codecs, canvas: OffscreenCanvas, { header, payload, description }: ReadFrame): void {
  const { width, height, pixelFormat, view } = header;
  const window = description?.formats?.[view].window ?? (pixelFormat === 'Y16' ? { centre: 32_768, width: 65_536 } : undefined);
  painter.paint(canvas, frameFormat(width, height, pixelFormat, window && { window }), codecByNumber(codecs, header.codec), payload);
}
