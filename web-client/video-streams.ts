import type { AppError } from '../src/app-error.ts';
import type { FrameHeader, View } from '../src/protocol/frame-header.ts';
import { VideoDecoding, type VideoHost } from './video-decoding.ts';

/** A browser whose decoder of one picture fails so often in a row is not asked for video any more. */
const mostFailures = 5;

export interface VideoStreamsHost extends VideoHost {
  /** Its decoder fails again and again: other tiers must be asked for. */
  giveUp(): void;
}

/** The video of all streams and views, each with a decoder of its own. */
export class VideoStreams {
  readonly #host: VideoStreamsHost;
  readonly #decodings = new Map<string, VideoDecoding>();
  readonly #counting: VideoHost;
  /** Since its last picture; they outlast the decoder. */
  readonly #failures = new Map<string, number>();

  constructor(host: VideoStreamsHost) {
    this.#host = host;
    this.#counting = {
      ...host,
      picture: (header, pixels, receivedUs) => {
        this.#failures.delete(keyOf(header));
        host.picture(header, pixels, receivedUs);
      },
      leftOut: (header, receivedUs, error) => {
        host.leftOut(header, receivedUs, error);
        if (error === undefined) return;
        const failures = (this.#failures.get(keyOf(header)) ?? 0) + 1;
        this.#failures.set(keyOf(header), failures);
        if (failures === mostFailures) this.#host.giveUp();
      },
    };
  }

  receive(header: FrameHeader, payload: Uint8Array, receivedUs: number | undefined): void {
    this.#decodingOf(header).receive(header, payload, receivedUs);
  }

  /** One that came damaged, which is no fault of the decoder's. */
  refuse(header: FrameHeader, error: AppError, receivedUs: number | undefined): void {
    const failures = this.#failures.get(keyOf(header)) ?? 0;
    this.#decodingOf(header).refuse(header, error, receivedUs);
    this.#failures.set(keyOf(header), failures);
  }

  /** A frame that is no video has come: what is still in the decoder is older than that. */
  overtaken(header: FrameHeader): void {
    this.#end(keyOf(header));
  }

  /** The line is new, or lost. */
  reset(): void {
    for (const key of [...this.#decodings.keys()]) this.#end(key);
  }

  #decodingOf(header: FrameHeader): VideoDecoding {
    const key = keyOf(header);
    const decoding = this.#decodings.get(key) ?? new VideoDecoding(this.#counting);
    this.#decodings.set(key, decoding);
    return decoding;
  }

  #end(key: string): void {
    this.#decodings.get(key)?.reset();
    this.#decodings.delete(key);
  }
}

const keyOf = ({ stream, view }: { readonly stream: number; readonly view: View }): string => `${stream}/${view}`;
