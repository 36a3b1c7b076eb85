import { availableParallelism } from 'node:os';
import type { Kernels } from '../../wasm/kernels.ts';
import { AppError } from '../app-error.ts';
import type { Room, StreamSettings } from '../config/room.ts';
import { aligned } from '../frame/aligned.ts';
import { bytesPerPixel, type FrameFormat, frameBytes } from '../frame/frame-format.ts';
import { FramePool, type PooledFrame, slotLayout } from '../frame/frame-pool.ts';
import type { StageState } from '../protocol/messages.ts';
import { StageChain } from '../stage/chain.ts';
import { Forming, isFormingStage } from '../stage/forming.ts';
import { Bands } from './bands.ts';
import { Sharing } from './sharing.ts';

/** Instantiates the kernels on a memory; from wasm/load-kernels.ts. */
export type KernelsOn = (memory: WebAssembly.Memory) => Kernels;

const pageBytes = 65_536;
/**
 * The memory of one stream: slots for frames and scratch for the stages, with what makes a picture of the captured data and the
 * chain that works on it, on one core or, where the pictures come too fast for one, by bands on several.
 */
export class StageLine {
  readonly #kernelsOn: KernelsOn;
  readonly #limits: Pick<Room['limits'], 'memoryMiB' | 'slots'>;
  readonly #warn: (text: string) => void;
  #settings: StreamSettings['stages'];
  #memory: WebAssembly.Memory | undefined;
  #kernels: Kernels | undefined;
  #pool: FramePool | undefined;
  #chain: StageChain | undefined;
  #input: FrameFormat | undefined;
  #forming: Forming | undefined;
  #form: ReturnType<Forming['open']> | undefined;
  #bands: Bands | undefined;
  #bandScratch = 0;
  /** More gain little: each band looks at the rows around its own too. */
  #mostBands = 4;
  #sharing = new Sharing(1);
  #lastCapturedNs = 0n;

  /** `warn` tells the operator what the stream goes on without. */
  constructor(
    kernelsOn: KernelsOn,
    settings: StreamSettings['stages'],
    limits: Pick<Room['limits'], 'memoryMiB' | 'slots'>,
    warn: (text: string) => void,
  ) {
    this.#warn = warn;
    this.#kernelsOn = kernelsOn;
    this.#settings = settings;
    this.#limits = limits;
  }

  /** Makes room for a format: new memory, allocated whole and touched once, so that nothing grows on the live path. */
  open(input: FrameFormat): void {
    if (this.#chain !== undefined) this.#settings = this.#settingsNow();
    this.#endSharing();
    const forming = new Forming(
      this.#settings.filter(({ stage }) => isFormingStage(stage)),
      input,
    );
    const format = forming.output;
    const slotBytes = format.width * format.height * bytesPerPixel.RGB24;
    const layout = slotLayout(0, this.#limits.slots, Math.max(slotBytes, frameBytes(input)));
    const scratchBytes = StageChain.scratchBytes(format);
    const aloneBytes = layout.endOffset + aligned(scratchBytes) + forming.scratchBytes;
    const needMiB = Math.ceil(aloneBytes / 2 ** 20);
    if (needMiB > this.#limits.memoryMiB) throw new AppError('frame/memory-limit', { needMiB, limitMiB: this.#limits.memoryMiB });
    const room = Math.floor((this.#limits.memoryMiB * 2 ** 20 - aloneBytes) / scratchBytes);
    const bands = Math.min(this.#mostBands, availableParallelism(), 1 + room);
    const pages = Math.ceil((aligned(aloneBytes) + Bands.scratchBytes(format, bands)) / pageBytes);
    // Frames that are still under way keep their places: other slots need other memory.
    const otherSlots = this.#pool !== undefined && this.#pool.layout.slotStride !== layout.slotStride;
    if (this.#memory === undefined || this.#memory.buffer.byteLength !== pages * pageBytes || otherSlots) {
      this.#memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
      this.#kernels = this.#kernelsOn(this.#memory);
      touch(this.#memory.buffer, aloneBytes);
      this.#pool = undefined;
    }
    this.#pool ??= new FramePool(this.#memory.buffer, layout);
    const own = { kernels: this.#kernels as Kernels, memory: this.#memory.buffer, scratch: layout.endOffset };
    const formingRoom = { ...own, scratch: layout.endOffset + aligned(scratchBytes) };
    this.#form = forming.active ? forming.open(formingRoom) : undefined;
    this.#forming = forming;
    this.#chain = new StageChain(
      this.#settings.filter(({ stage }) => !isFormingStage(stage)),
      format,
      own,
    );
    this.#bandScratch = aligned(aloneBytes);
    this.#sharing = new Sharing(bands);
    this.#input = input;
  }

  /** What the device delivers. */
  get input(): FrameFormat | undefined {
    return this.#input;
  }

  get formats(): { readonly raw: FrameFormat; readonly processed: FrameFormat } | undefined {
    if (this.#forming === undefined || this.#chain === undefined) return undefined;
    return { raw: this.#forming.output, processed: this.#chain.output };
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
    return [...this.#opened(this.#forming).states(), ...this.#opened(this.#chain).states()];
  }

  /**
   * Takes effect with the next frame. Where the picture is formed another way everything opens afresh, perhaps in other memory.
   * Throws stage/… errors; nothing has changed then.
   */
  set(stage: string, enabled: boolean | undefined, options: Readonly<Record<string, unknown>> | undefined): void {
    if (this.#chain === undefined) throw new AppError('stage/no-source', { stream: 'this stream' });
    const change = { ...(enabled !== undefined && { enabled }), ...(options && { options }) };
    if (isFormingStage(stage)) {
      this.#formAnew(stage, change);
      return;
    }
    this.#chain.set(stage, change);
    this.#bands?.set({ stage, ...change });
    this.#sharing.restart();
  }

  /** A frame of another memory as one of this, or the frame itself; undefined: no slot is free. */
  adopted(frame: PooledFrame): PooledFrame | undefined {
    return frame.pixels.buffer === this.memory.buffer ? frame.retain() : this.copyOf(frame);
  }

  /** The same frame in a slot of its own; undefined: none is free. */
  copyOf(frame: PooledFrame): PooledFrame | undefined {
    const copy = this.pool.claim(frame.format, frame);
    copy?.pixels.set(frame.pixels);
    return copy;
  }

  /** Lends the picture that the captured data make; false when no slot was free for it. */
  form(frame: PooledFrame, consume: (picture: PooledFrame) => void): boolean {
    if (this.#form === undefined) {
      consume(frame);
      return true;
    }
    using picture = this.pool.claim(this.#opened(this.#forming).output, frame);
    if (picture === undefined) return false;
    this.#form(frame.byteOffset, picture.byteOffset);
    consume(picture);
    return true;
  }

  /** Cores that work on a picture. */
  get cores(): number {
    return this.#bands?.ready === true ? this.#bands.count : 1;
  }

  /** Ends the threads of the bands. */
  close(): void {
    this.#endSharing();
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
    if (chain.active) this.#applyChain(chain, frame, result.byteOffset);
    else result.pixels.set(frame.pixels);
    consume(result);
    return true;
  }

  #settingsNow(): StreamSettings['stages'] {
    return [...this.#opened(this.#forming).settings(), ...this.#opened(this.#chain).settings()];
  }

  #formAnew(
    stage: string,
    { enabled, options }: { readonly enabled?: boolean; readonly options?: Readonly<Record<string, unknown>> },
  ): void {
    const [before, input] = [this.#settingsNow(), this.#opened(this.#input)];
    const settings = before.map((one) =>
      one.stage === stage ? { stage, enabled: enabled ?? one.enabled, options: { ...one.options, ...options } } : one,
    );
    this.#endSharing();
    const [forming, chain] = [this.#forming, this.#chain];
    // What cannot be formed is refused before anything is given up.
    new Forming(
      settings.filter((one) => isFormingStage(one.stage)),
      input,
    );
    this.#chain = undefined;
    this.#settings = settings;
    try {
      this.open(input);
    } catch (thrown) {
      this.#forming = forming;
      this.#chain = chain;
      this.#settings = before;
      throw thrown;
    }
  }

  #applyChain(chain: StageChain, frame: PooledFrame, target: number): void {
    const startMs = performance.now();
    const whole = chain.apply(frame.byteOffset, target, frame);
    const tookMs = performance.now() - startMs;
    const intervalMs = Number(frame.capturedAtNs - this.#lastCapturedNs) / 1e6;
    this.#lastCapturedNs = frame.capturedAtNs;
    if (!whole) this.#loseBand();
    if (intervalMs > 0) this.#shareBetween(chain, this.#sharing.next(chain.bands, tookMs, intervalMs));
  }

  /** Threads need a while to open; until then the stream's own does it all. */
  #shareBetween(chain: StageChain, wanted: number): void {
    if (this.#bands?.failed === true) {
      this.#warn('a thread that was to share its pictures could not start: it runs on one core');
      this.#sharing = new Sharing(1);
    }
    if (wanted === 1 || this.#bands?.failed === true) this.#endSharing();
    else if (this.#bands === undefined) {
      const [format, memory] = [this.#opened(this.#forming).output, this.#opened(this.#memory)];
      this.#bands = new Bands(wanted, memory, this.#bandScratch, format, chain.settings());
    } else if (this.#bands.ready && chain.bands === 1) chain.share({ index: 0, count: this.#bands.count }, this.#bands);
  }

  /** A thread that is late may still write: the memory is left to it, and the stream goes on in another, on one core. */
  #loseBand(): never {
    this.#endSharing();
    this.#mostBands = 1;
    this.#memory = undefined;
    throw new AppError('stage/band-lost', {});
  }

  #endSharing(): void {
    this.#bands?.[Symbol.dispose]();
    this.#bands = undefined;
    if (this.#chain !== undefined && this.#chain.bands > 1) this.#chain.share({ index: 0, count: 1 });
  }

  #opened<Part>(part: Part | undefined): Part {
    if (part === undefined) throw new AppError('frame/bad-format', { reason: 'no format was announced yet' });
    return part;
  }
}

/** What the bands would need is left alone: it costs nothing before they come. */
function touch(buffer: ArrayBufferLike, length: number): void {
  const bytes = new Uint8Array(buffer, 0, length);
  for (let at = 0; at < bytes.length; at += 4096) bytes[at] = 0;
}
