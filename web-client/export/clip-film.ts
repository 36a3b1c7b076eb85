import {
  canEncodeVideo,
  Mp4OutputFormat,
  Output,
  Quality,
  StreamTarget,
  type StreamTargetChunk,
  type VideoCodec,
  VideoSample,
  VideoSampleSource,
  WebMOutputFormat,
} from 'mediabunny';
import { AppError } from '../../src/app-error.ts';
import type { Container } from './export-messages.ts';

/** In order of preference: what plays everywhere, then what is there. */
const codecsFor = { mp4: ['avc', 'vp9', 'av1'], webm: ['vp9', 'av1', 'vp8'] } as const satisfies Readonly<
  Record<Container, readonly VideoCodec[]>
>;

/** Bits for each pixel of each frame: speckle is noise, which codecs would rather smooth away. */
const bitsPerPixel = 0.7;
const [fewestBitsPerSecond, mostBitsPerSecond] = [2e6, 80e6];
const keyEveryS = 1;

export interface FilmFacts {
  /** Even. */
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  readonly container: Container;
}

/** A film that is written to disk while it is made. */
export class ClipFilm {
  readonly codec: VideoCodec;
  readonly #output: Output;
  readonly #source: VideoSampleSource;
  #written = 0;
  #added = 0;

  private constructor(codec: VideoCodec, output: Output, source: VideoSampleSource) {
    this.codec = codec;
    this.#output = output;
    this.#source = source;
  }

  /** Throws export/no-encoder. */
  static async begin(file: WritableStream<StreamTargetChunk>, { width, height, framesPerSecond, container }: FilmFacts): Promise<ClipFilm> {
    const wanted = width * height * framesPerSecond * bitsPerPixel;
    const bitrate = Math.round(Math.min(mostBitsPerSecond, Math.max(fewestBitsPerSecond, wanted)));
    const quality = new Quality({ bitrate });
    const codec = await firstOf(codecsFor[container], (one) => canEncodeVideo(one, { width, height, quality }));
    if (codec === undefined) throw new AppError('export/no-encoder', { container: container.toUpperCase(), width, height });
    const format = container === 'mp4' ? new Mp4OutputFormat({ fastStart: false }) : new WebMOutputFormat();
    const output = new Output({ format, target: new StreamTarget(file, { chunked: true }) });
    const source: VideoSampleSource = new VideoSampleSource({
      codec,
      quality,
      keyFrameInterval: keyEveryS,
      latencyMode: 'quality',
      onEncodedPacket: () => film.#count(),
    });
    const film = new ClipFilm(codec, output, source);
    output.addVideoTrack(source);
    await output.start();
    return film;
  }

  /** Given so far. */
  get frames(): number {
    return this.#added;
  }

  /** Times in microseconds; waits where the encoder or the disk does not follow. */
  async add(canvas: OffscreenCanvas, fromUs: number, forUs: number): Promise<void> {
    const sample = new VideoSample(canvas, { timestamp: fromUs / 1e6, duration: forUs / 1e6 });
    this.#added++;
    try {
      await this.#source.add(sample);
    } finally {
      sample.close();
    }
  }

  /** Throws export/frame-missing where the encoder left frames out. */
  async end(): Promise<void> {
    await this.#output.finalize();
    if (this.#written !== this.#added) throw new AppError('export/frame-missing', { frame: this.#written + 1, frames: this.#added });
  }

  async giveUp(): Promise<void> {
    await this.#output.cancel();
  }

  #count(): void {
    this.#written++;
  }
}

async function firstOf<Value>(values: readonly Value[], fits: (value: Value) => Promise<boolean>): Promise<Value | undefined> {
  for (const value of values) if (await fits(value)) return value;
  return undefined;
}
