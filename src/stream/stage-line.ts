import type { Kernels } from '../../wasm/kernels.ts';
import { AppError } from '../app-error.ts';
import type { Room, StreamSettings } from '../config/room.ts';
import { bytesPerPixel, type FrameFormat, frameBytes } from '../frame/frame-format.ts';
import { FramePool, type PooledFrame, slotLayout } from '../frame/frame-pool.ts';
import type { StageState } from '../protocol/messages.ts';
import { StageChain } from '../stage/chain.ts';

/** Instantiates the kernels on a memory; from wasm/load-kernels.ts. */
export type KernelsOn = (memory: WebAssembly.Memory) => Kernels;

const pageBytes = 65_536;

/** The memory of one stream: slots for frames and scratch for the stages, with the chain that works in it. */
export class StageLine {
  readonly #kernelsOn: KernelsOn;
  readonly #limits: Pick<Room['limits'], 'memoryMiB' | 'slots'>;
  #settings: StreamSettings['stages'];
  #memory: WebAssembly.Memory | undefined;
  #kernels: Kernels | undefined;
  #pool: FramePool | undefined;
  #chain: StageChain | undefined;
  #input: FrameFormat | undefined;

  constructor(kernelsOn: KernelsOn, settings: StreamSettings['stages'], limits: Pick<Room['limits'], 'memoryMiB' | 'slots'>) {
    this.#kernelsOn = kernelsOn;
    this.#settings = settings;
    this.#limits = limits;
  }

  /** Makes room for a format: new memory, allocated whole and touched once, so that nothing grows on the live path. */
  open(format: FrameFormat): void {
    if (this.#chain !== undefined) this.#settings = this.#chain.settings();
    const slotBytes = format.width * format.height * bytesPerPixel.RGB24;
    const layout = slotLayout(0, this.#limits.slots, Math.max(slotBytes, frameBytes(format)));
    const bytes = layout.endOffset + StageChain.scratchBytes(format);
    const needMiB = Math.ceil(bytes / 2 ** 20);
    if (needMiB > this.#limits.memoryMiB) throw new AppError('frame/memory-limit', { needMiB, limitMiB: this.#limits.memoryMiB });
    const pages = Math.ceil(bytes / pageBytes);
    if (this.#memory === undefined || this.#memory.buffer.byteLength !== pages * pageBytes) {
      this.#memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
      this.#kernels = this.#kernelsOn(this.#memory);
      touch(this.#memory.buffer);
      this.#pool = undefined;
    }
    if (this.#pool === undefined || this.#pool.layout.slotStride !== layout.slotStride) {
      this.#pool = new FramePool(this.#memory.buffer, layout);
    }
    const room = { kernels: this.#kernels as Kernels, memory: this.#memory.buffer, scratch: layout.endOffset };
    this.#chain = new StageChain(this.#settings, format, room);
    this.#input = format;
  }

  get formats(): { readonly raw: FrameFormat; readonly processed: FrameFormat } | undefined {
    if (this.#input === undefined || this.#chain === undefined) return undefined;
    return { raw: this.#input, processed: this.#chain.output };
  }

  get pool(): FramePool {
    return this.#opened(this.#pool);
  }

  get memory() {
    return { buffer: this.#opened(this.#memory).buffer, layout: this.pool.layout };
  }

  get overlayBurnedIn(): boolean {
    return this.#chain?.overlayBurnedIn ?? false;
  }

  states(): StageState[] {
    return this.#opened(this.#chain).states();
  }

  /** Takes effect with the next frame. Throws stage/… errors. */
  set(stage: string, enabled: boolean | undefined, options: Readonly<Record<string, unknown>> | undefined): void {
    if (this.#chain === undefined) throw new AppError('stage/no-source', { stream: 'this stream' });
    this.#chain.set(stage, { ...(enabled !== undefined && { enabled }), ...(options && { options }) });
  }

  /**
   * Lends the picture after the stages; false when no slot was free for it. Where no stage is at work that is the captured
   * frame itself, unless its slot is already taken by the header of the raw view.
   */
  apply(frame: PooledFrame, rawSent: boolean, consume: (result: PooledFrame) => void): boolean {
    const chain = this.#opened(this.#chain);
    if (!chain.active && !rawSent) {
      consume(frame);
      return true;
    }
    using result = this.pool.claim(chain.output, frame);
    if (result === undefined) return false;
    if (chain.active) chain.apply(frame.byteOffset, result.byteOffset, frame);
    else result.pixels.set(frame.pixels);
    consume(result);
    return true;
  }

  #opened<Part>(part: Part | undefined): Part {
    if (part === undefined) throw new AppError('frame/bad-format', { reason: 'no format was announced yet' });
    return part;
  }
}

function touch(buffer: ArrayBufferLike): void {
  const bytes = new Uint8Array(buffer);
  for (let at = 0; at < bytes.length; at += 4096) bytes[at] = 0;
}
