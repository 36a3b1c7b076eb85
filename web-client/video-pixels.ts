import { AppError } from '../src/app-error.ts';
import { videoColour } from '../src/codec/i420.ts';
import { aligned } from '../src/frame/aligned.ts';
import type { FrameHeader } from '../src/protocol/frame-header.ts';
import { type Kernels, lumaFactors, yuvFactors } from '../wasm/kernels.ts';

const pageBytes = 65_536;

interface Room {
  readonly kernels: Kernels;
  readonly bytes: Uint8Array;
}

/**
 * The pixels of decoded video, as the stream's frames have them: luma widened to the grey levels that it was made of, never a colour
 * conversion of the browser's own. One at a time: they lie in one place while they are made.
 */
export class VideoPixels {
  readonly #kernelsOn: (memory: WebAssembly.Memory) => Kernels;
  #room: Room | undefined;

  constructor(kernelsOn: (memory: WebAssembly.Memory) => Kernels) {
    this.#kernelsOn = kernelsOn;
  }

  /** GREY or RGB24, tight, in a buffer of its own. Throws `codec/damaged` where the picture is not of the header's size. */
  async read(frame: VideoFrame, { width, height, pixelFormat }: FrameHeader): Promise<Uint8Array> {
    const { displayWidth, displayHeight, format } = frame;
    if (displayWidth < width || displayHeight < height || displayWidth > width + 1 || displayHeight > height + 1) {
      throw damaged(`a picture of ${displayWidth}x${displayHeight}, not ${width}x${height}`);
    }
    if (format !== 'I420' && format !== 'NV12') throw damaged(`the browser's decoder gives ${format ?? 'no pixels'}`);
    const target = aligned(frame.allocationSize());
    const bytes = width * height * (pixelFormat === 'RGB24' ? 3 : 1);
    const room = this.#roomFor(target + bytes);
    const planes = await frame.copyTo(room.bytes);
    const [y, u, v] = planes;
    if (y === undefined || u === undefined) throw damaged('no planes');
    const { black, gain } = lumaFactors[videoColour.range];
    const factors = yuvFactors(videoColour.matrix, videoColour.range);
    const { kernels } = room;
    if (pixelFormat !== 'RGB24') kernels.lumaToGrey(y.offset, y.stride, target, width, width, height, black, gain);
    else if (v === undefined) kernels.nv12ToRgb(y.offset, y.stride, u.offset, u.stride, target, 3 * width, width, height, ...factors);
    else kernels.i420ToRgb(y.offset, y.stride, u.offset, v.offset, u.stride, target, 3 * width, width, height, ...factors);
    return room.bytes.slice(target, target + bytes);
  }

  #roomFor(bytes: number): Room {
    if (this.#room !== undefined && this.#room.bytes.length >= bytes) return this.#room;
    const pages = Math.ceil(bytes / pageBytes);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    this.#room = { kernels: this.#kernelsOn(memory), bytes: new Uint8Array(memory.buffer) };
    return this.#room;
  }
}

const damaged = (reason: string): AppError => new AppError('codec/damaged', { codec: 'h264', reason });
