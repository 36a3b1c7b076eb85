import { AppError } from '../src/app-error.ts';
import type { Codec } from '../src/codec/codec.ts';
import { type FrameFormat, frameBytes, pictureFormatOf } from '../src/frame/frame-format.ts';
import relaxedSimdUrl from '../wasm/build/relaxed-simd.wasm?url';
import simdUrl from '../wasm/build/simd.wasm?url';
import { chooseVariant, instantiateKernels, type Kernels, windowFactors } from '../wasm/kernels.ts';

const kernelUrls = { 'relaxed-simd': relaxedSimdUrl, simd: simdUrl };
const pageBytes = 65_536;

interface Surface {
  readonly context: OffscreenCanvasRenderingContext2D;
  image: ImageData;
}

/** The kernels over a memory that holds one picture as it came and, behind it, as RGBA. */
interface Room {
  readonly kernels: Kernels;
  readonly bytes: Uint8Array;
  readonly clamped: Uint8ClampedArray;
}

/** Decodes pictures and puts them on canvases, at once: waiting for an animation frame would only make them older. */
export class Painter {
  readonly #module: WebAssembly.Module;
  readonly #surfaces = new WeakMap<OffscreenCanvas, Surface>();
  #room: Room;

  private constructor(module: WebAssembly.Module) {
    this.#module = module;
    this.#room = this.#roomFor(1);
  }

  /** Loads the kernels that this browser runs fastest. Throws `kernels/no-simd` and `kernels/not-built`. */
  static async open(): Promise<Painter> {
    const url = kernelUrls[await chooseVariant('this browser')];
    try {
      return new Painter(await WebAssembly.compileStreaming(fetch(url)));
    } catch (thrown) {
      throw new AppError('kernels/not-built', { path: url }, { cause: thrown });
    }
  }

  kernelsOn(memory: WebAssembly.Memory): Kernels {
    return instantiateKernels(this.#module, memory);
  }

  /** Throws an AppError where the payload is not of the format. */
  paint(canvas: OffscreenCanvas, format: FrameFormat, codec: Codec, payload: Uint8Array): void {
    const source = frameBytes(format);
    const target = (source + 63) & ~63;
    const pixels = format.width * format.height;
    const end = target + pixels * 4;
    if (this.#room.bytes.length < end) this.#room = this.#roomFor(end);
    const { kernels, bytes, clamped } = this.#room;
    const decoded = codec.decode({ width: format.width, height: format.height, pixelFormat: pictureFormatOf(format) }, payload);
    bytes.set(decoded);
    convert(kernels, format, target, pixels);
    const { context, image } = this.#surfaceOf(canvas, format);
    // ImageData refuses shared memory, hence one copy.
    image.data.set(clamped.subarray(target, end));
    context.putImageData(image, 0, 0);
  }

  /** A copy of what was painted on a canvas last. */
  pixelsOf(canvas: OffscreenCanvas): ImageData | undefined {
    const image = this.#surfaces.get(canvas)?.image;
    return image && new ImageData(image.data.slice(), image.width, image.height);
  }

  #roomFor(needBytes: number): Room {
    const pages = Math.ceil(needBytes / pageBytes);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    return {
      kernels: this.kernelsOn(memory),
      bytes: new Uint8Array(memory.buffer),
      clamped: new Uint8ClampedArray(memory.buffer),
    };
  }

  #surfaceOf(canvas: OffscreenCanvas, { width, height }: FrameFormat): Surface {
    let surface = this.#surfaces.get(canvas);
    if (surface === undefined) {
      const context = canvas.getContext('2d', { alpha: false });
      if (context === null) throw new AppError('kernels/no-simd', { where: 'this browser (no canvas in a worker)' });
      surface = { context, image: new ImageData(width, height) };
      this.#surfaces.set(canvas, surface);
    }
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    if (surface.image.width !== width || surface.image.height !== height) surface.image = new ImageData(width, height);
    return surface;
  }
}

function convert(kernels: Kernels, format: FrameFormat, target: number, pixels: number): void {
  switch (format.pixelFormat) {
    case 'GREY':
      kernels.greyToRgba(0, target, pixels);
      break;
    case 'RGB24':
      kernels.rgbToRgba(0, target, pixels);
      break;
    case 'Y16': {
      const { low, gain } = windowFactors(format.window ?? { centre: 32_768, width: 65_536 });
      kernels.y16ToRgba(0, target, pixels, low, gain);
      break;
    }
  }
}
