import { AppError, asAppError } from '../src/app-error.ts';
import { h264CodecString } from '../src/codec/h264.ts';
import { type FrameHeader, frameFlags } from '../src/protocol/frame-header.ts';
import type { WireError } from './worker-messages.ts';

/** Pictures that may be in the decoder: more are only old. */
const mostPending = 3;
/** Between two requests for a key frame. */
const askPauseMs = 400;

export interface PixelReader {
  /** Pixels of a decoded picture, tight; throws an AppError where the browser does not give them. One picture at a time. */
  read(frame: VideoFrame, header: FrameHeader): Promise<Uint8Array>;
}

export interface VideoHost {
  /** One with room of its own. */
  openReader(): PixelReader;
  /** A picture, in the order in which they came. */
  picture(header: FrameHeader, pixels: Uint8Array, receivedUs: number | undefined): void;
  /** One that is not shown; with its error where it could not be decoded. */
  leftOut(header: FrameHeader, receivedUs: number | undefined, error: WireError | undefined): void;
  /** Nothing more can be decoded before a key frame. */
  askKey(header: FrameHeader): void;
  ownUs(): number;
}

interface Pending {
  readonly header: FrameHeader;
  readonly receivedUs: number | undefined;
}

/** The video of one view of a stream: decodes what can be decoded, and knows when it has to start anew. */
export class VideoDecoding {
  readonly #host: VideoHost;
  readonly #pending = new Map<number, Pending>();
  #decoder: VideoDecoder | undefined;
  #codec = '';
  #keySequence: number | undefined;
  #next = 0;
  #askedUs = Number.NEGATIVE_INFINITY;
  /** What the decoder has given, read out one after the other. */
  readonly #decoded = new Set<VideoFrame>();
  #reading: Promise<void> = Promise.resolve();
  #reader: PixelReader;

  constructor(host: VideoHost) {
    this.#host = host;
    this.#reader = host.openReader();
  }

  receive(header: FrameHeader, payload: Uint8Array, receivedUs: number | undefined): void {
    const key = (header.flags & frameFlags.key) !== 0;
    const overdue = this.#pending.size >= mostPending;
    if (!key && (overdue || header.keySequence !== this.#keySequence)) {
      this.#keySequence = undefined;
      this.#host.leftOut(header, receivedUs, undefined);
      this.#ask(header);
      return;
    }
    const timestamp = this.#next++;
    try {
      // No error of its own tells that a decoder has got stuck.
      if (key && overdue) this.#resetAfter('the decoder gives no more pictures');
      if (key) this.#start(payload);
      this.#keySequence = header.keySequence;
      this.#pending.set(timestamp, { header, receivedUs });
      this.#decoder?.decode(new EncodedVideoChunk({ type: key ? 'key' : 'delta', timestamp, data: payload }));
    } catch (thrown) {
      this.#pending.delete(timestamp);
      this.#fail(header, asAppError(thrown, 'codec/damaged', { codec: 'h264' }), receivedUs);
    }
  }

  /** Forgets what is under way: pictures of another kind follow, or none. */
  reset(): void {
    if (this.#decoder !== undefined && this.#decoder.state !== 'closed') this.#decoder.close();
    this.#decoder = undefined;
    this.#codec = '';
    this.#keySequence = undefined;
    for (const frame of this.#decoded) frame.close();
    this.#decoded.clear();
    // A reading under way may never end, or write into its room later.
    this.#reading = Promise.resolve();
    this.#reader = this.#host.openReader();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { header, receivedUs } of pending) this.#host.leftOut(header, receivedUs, undefined);
  }

  /** The oldest picture under way is the one that failed; answers its header. */
  #resetAfter(reason: string): FrameHeader | undefined {
    const [first] = this.#pending;
    if (first !== undefined) this.#pending.delete(first[0]);
    this.reset();
    if (first === undefined) return undefined;
    const [, { header, receivedUs }] = first;
    this.#host.leftOut(header, receivedUs, new AppError('codec/damaged', { codec: 'h264', reason }).toJSON());
    return header;
  }

  #beginAnew(reason: string): void {
    const failed = this.#resetAfter(reason);
    if (failed !== undefined) this.#ask(failed);
  }

  /** At a key frame: a decoder for its level. */
  #start(keyFrame: Uint8Array): void {
    const codec = h264CodecString(keyFrame);
    if (this.#decoder?.state === 'configured' && codec === this.#codec) return;
    if (this.#decoder?.state === 'closed') this.#decoder = undefined;
    this.#decoder ??= this.#open();
    this.#decoder.configure({ codec, optimizeForLatency: true });
    this.#codec = codec;
  }

  #open(): VideoDecoder {
    const decoder: VideoDecoder = new VideoDecoder({
      output: (frame) => {
        if (decoder !== this.#decoder) {
          frame.close();
          return;
        }
        this.#decoded.add(frame);
        this.#reading = this.#reading.then(() => this.#read(frame));
      },
      error: (error) => {
        if (decoder === this.#decoder) this.#beginAnew(error.message);
      },
    });
    return decoder;
  }

  async #read(frame: VideoFrame): Promise<void> {
    // Closed by a reset.
    if (!this.#decoded.delete(frame)) return;
    const pending = this.#pending.get(frame.timestamp);
    try {
      if (pending === undefined) return;
      const [oldest] = this.#pending.keys();
      if (frame.timestamp !== oldest) {
        // What is made from a picture that never came out is not what was sent.
        this.#beginAnew('the decoder left out a picture');
        return;
      }
      const pixels = await this.#reader.read(frame, pending.header);
      // Meanwhile it may have been given up.
      if (!this.#pending.delete(frame.timestamp)) return;
      this.#host.picture(pending.header, pixels, pending.receivedUs);
    } catch (thrown) {
      if (pending !== undefined && this.#pending.delete(frame.timestamp)) {
        this.#fail(pending.header, asAppError(thrown, 'codec/damaged', { codec: 'h264' }), pending.receivedUs);
      }
    } finally {
      frame.close();
    }
  }

  #fail(header: FrameHeader, error: AppError, receivedUs: number | undefined): void {
    this.#keySequence = undefined;
    this.#host.leftOut(header, receivedUs, error.toJSON());
    this.#ask(header);
  }

  #ask(header: FrameHeader): void {
    const nowUs = this.#host.ownUs();
    if (nowUs - this.#askedUs < askPauseMs * 1000) return;
    this.#askedUs = nowUs;
    this.#host.askKey(header);
  }
}
