import { AppError, asAppError } from '../src/app-error.ts';
import { h264CodecString } from '../src/codec/h264.ts';
import { type FrameHeader, frameFlags } from '../src/protocol/frame-header.ts';
import type { WireError } from './worker-messages.ts';

/** Pictures that may be in the decoder, more than a server has under way: what a stall of the line held back comes at once. */
const mostPending = 16;
/** A decoder that has pictures and has given none for so long has got stuck, or cannot do it. */
const stuckMs = 500;
/** The first picture of one waits for the browser to open it. */
const openingMs = 3000;
/** How often it is looked after: a server whose window is full of what it keeps sends nothing that could be the occasion. */
const lookMs = 100;
/** Between two requests for a key frame. */
const askPauseMs = 400;

const silence = 'the decoder gives no more pictures';

export interface PixelReader {
  /** Pixels of a decoded picture, tight; throws an AppError where the browser does not give them. One picture at a time. */
  read(frame: VideoFrame, header: FrameHeader): Promise<Uint8Array>;
}

export interface VideoHost {
  /** One with room of its own. */
  openReader(): PixelReader;
  /** A picture, in the order in which they came. */
  picture(header: FrameHeader, pixels: Uint8Array, receivedUs: number | undefined): void;
  /** One that is not shown because a newer one has been decoded. */
  passedOver(header: FrameHeader, receivedUs: number | undefined): void;
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
  #lookTimer: ReturnType<typeof setTimeout> | undefined;
  #lookedUs = 0;
  /** For how long no picture has been read out. */
  #stillMs = 0;
  /** The decoder has given a picture. */
  #gave = false;

  constructor(host: VideoHost) {
    this.#host = host;
    this.#reader = host.openReader();
  }

  receive(header: FrameHeader, payload: Uint8Array, receivedUs: number | undefined): void {
    const key = (header.flags & frameFlags.key) !== 0;
    const full = this.#pending.size >= mostPending;
    if (!key && (full || header.keySequence !== this.#keySequence)) {
      this.#keySequence = undefined;
      this.#host.leftOut(header, receivedUs, undefined);
      this.#ask(header);
      return;
    }
    const timestamp = this.#next++;
    try {
      if (key && full) this.#resetAfter(silence);
      if (key) this.#start(payload);
      this.#keySequence = header.keySequence;
      this.#pending.set(timestamp, { header, receivedUs });
      this.#lookAfter();
      this.#decoder?.decode(new EncodedVideoChunk({ type: key ? 'key' : 'delta', timestamp, data: payload }));
    } catch (thrown) {
      this.#pending.delete(timestamp);
      this.#fail(header, asAppError(thrown, 'codec/damaged', { codec: 'h264' }), receivedUs);
    }
  }

  /** A picture came and is not what was sent: those that follow cannot be made from it. */
  refuse(header: FrameHeader, error: AppError, receivedUs: number | undefined): void {
    this.#fail(header, error, receivedUs);
  }

  /** Forgets what is under way: pictures of another kind follow, or none. `error`: what the oldest of it failed with. */
  reset(error?: WireError): void {
    if (this.#decoder !== undefined && this.#decoder.state !== 'closed') this.#decoder.close();
    this.#decoder = undefined;
    this.#codec = '';
    this.#keySequence = undefined;
    this.#stillMs = 0;
    this.#gave = false;
    for (const frame of this.#decoded) frame.close();
    this.#decoded.clear();
    // A reading under way may never end, or write into its room later.
    this.#reading = Promise.resolve();
    this.#reader = this.#host.openReader();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    // In their order: a later acknowledgement may stand for those before it.
    pending.forEach(({ header, receivedUs }, index) => {
      this.#host.leftOut(header, receivedUs, index === 0 ? error : undefined);
    });
  }

  #resetAfter(reason: string): void {
    this.reset(new AppError('codec/damaged', { codec: 'h264', reason }).toJSON());
  }

  #beginAnew(reason: string): void {
    const [oldest] = this.#pending.values();
    this.#resetAfter(reason);
    if (oldest !== undefined) this.#ask(oldest.header);
  }

  /** No error of its own tells that a decoder has got stuck. */
  #lookAfter(): void {
    if (this.#lookTimer !== undefined) return;
    this.#lookedUs = this.#host.ownUs();
    this.#stillMs = 0;
    this.#lookTimer = setTimeout(() => this.#look(), lookMs);
  }

  #look(): void {
    this.#lookTimer = undefined;
    if (this.#pending.size === 0) return;
    const nowUs = this.#host.ownUs();
    // A thread that hung has not heard the decoder either: it gets its time.
    this.#stillMs += Math.min(lookMs, (nowUs - this.#lookedUs) / 1000);
    this.#lookedUs = nowUs;
    if (this.#stillMs >= (this.#gave ? stuckMs : openingMs)) this.#beginAnew(silence);
    else this.#lookTimer = setTimeout(() => this.#look(), lookMs);
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
      if (this.#decoded.size > 0) {
        this.#pending.delete(frame.timestamp);
        this.#host.passedOver(pending.header, pending.receivedUs);
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
      this.#stillMs = 0;
      this.#gave = true;
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
