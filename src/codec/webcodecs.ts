import { createRequire } from 'node:module';

/*
 * @napi-rs/webcodecs: the browser's interface in Node, with x264 and FFmpeg inside one binary of this platform. x264 is under the GPL;
 * the package is optional, and its code runs only in a process of its own (src/stream/video-process.ts).
 */
const binary = '@napi-rs/webcodecs-linux-x64-gnu';
const load = createRequire(import.meta.url);

/** The part that is used. */
export interface WebCodecs {
  readonly VideoEncoder: typeof VideoEncoder;
  readonly VideoDecoder: typeof VideoDecoder;
  readonly VideoFrame: typeof VideoFrame;
  readonly EncodedVideoChunk: typeof EncodedVideoChunk;
}

/** Whether it is installed; nothing is loaded. */
export function hasWebCodecs(): boolean {
  try {
    load.resolve(binary);
    return true;
  } catch {
    return false;
  }
}

/** Throws where it is not installed, or is not made for this machine. */
export const loadWebCodecs = (): WebCodecs => load(binary) as WebCodecs;
