import type { Codec } from '../src/codec/codec.ts';
import { raw } from '../src/codec/raw.ts';
import { aligned } from '../src/frame/aligned.ts';
import { bytesPerPixel, type FrameFormat, frameBytes, pictureFormatOf } from '../src/frame/frame-format.ts';
import type { StageState } from '../src/protocol/messages.ts';
import { StageChain, type StageSettings } from '../src/stage/chain.ts';
import { isFormingStage } from '../src/stage/forming.ts';
import { frozenStages } from '../src/stage/stages.ts';
import type { Kernels } from '../wasm/kernels.ts';

const pageBytes = 65_536;

/** A picture as it was captured, held for being processed anew. */
export interface CapturedPicture {
  readonly format: FrameFormat;
  readonly codec: Codec;
  readonly payload: Uint8Array;
}

/** The result, as it would have come over the line uncompressed. */
export interface ProcessedPicture extends CapturedPicture {
  readonly stages: readonly StageState[];
}

/** The server's own stages over one picture that stands still, and those that take too long for a live one, with settings of this screen's own. */
export class Reprocessor {
  readonly #bytes: Uint8Array;
  readonly #chain: StageChain;
  readonly #target: number;
  #runs = 0;

  /** Reserves memory for the picture and its stages. */
  constructor(kernelsOn: (memory: WebAssembly.Memory) => Kernels, { format, codec, payload }: CapturedPicture) {
    // Stages may make colours of what came as grey.
    const largest = aligned(format.width * format.height * bytesPerPixel.RGB24);
    this.#target = largest;
    const scratch = 2 * largest;
    const pages = Math.ceil((scratch + StageChain.scratchBytes(format, frozenStages)) / pageBytes);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    this.#bytes = new Uint8Array(memory.buffer);
    const { width, height } = format;
    this.#bytes.set(codec.decode({ width, height, pixelFormat: pictureFormatOf(format) }, payload));
    this.#chain = new StageChain([], format, { kernels: kernelsOn(memory), memory: memory.buffer, scratch }, frozenStages);
  }

  /** The picture with these settings; the pixels are valid until the next call. What formed the picture cannot be undone here. Throws stage/… errors. */
  process(settings: readonly StageSettings[]): ProcessedPicture {
    for (const { stage, ...change } of settings) if (!isFormingStage(stage)) this.#chain.set(stage, change);
    const format = this.#chain.output;
    const at = this.#chain.active ? this.#target : 0;
    // Far enough apart that what averages over time begins anew: it must not average settings.
    const capturedAtNs = BigInt(this.#runs++) * 10_000_000_000n;
    if (this.#chain.active) this.#chain.apply(0, at, { sequence: 0, capturedAtNs, rPeak: false, synthetic: false });
    return { format, codec: raw, payload: this.#bytes.subarray(at, at + frameBytes(format)), stages: this.#chain.states() };
  }
}
