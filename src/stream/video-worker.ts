import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { codecNumber } from '../codec/codecs.ts';
import { openCodecs } from '../codec/node-codecs.ts';
import { SlotCounts } from '../frame/frame-pool.ts';
import { frameFlags, frameHeaderBytes } from '../protocol/frame-header.ts';
import type { VideoTier } from '../protocol/tiers.ts';
import { EncodedSlots } from './encoded-slots.ts';
import { encoderOf } from './encoder.ts';
import type { EncoderEvent, EncoderOrder, EncoderSetup } from './encoder-events.ts';
import { SharedFrame, type SlotMemory } from './shared-frame.ts';
import { VideoEncoder } from './video-encoder.ts';
import { bitsOfPicture, countedFps } from './video-orders.ts';

/** The thread of a video tier of one stream: hands frames to the process that encodes, and its bits to the main thread. */
const { tier } = workerData as EncoderSetup<VideoTier>;
const port = parentPort as MessagePort;
const tell = (event: EncoderEvent): void => port.postMessage(event);

/** Every change of the rate costs a key frame: only one that lasts counts. */
class Pace {
  #meanMs: number | undefined;
  #inForceMs = 0;

  of(intervalMs: number): number {
    const boundedMs = Math.min(100, Math.max(10, intervalMs));
    this.#meanMs = (this.#meanMs ?? boundedMs) * 0.95 + boundedMs * 0.05;
    if (Math.abs(this.#meanMs - this.#inForceMs) > 0.3 * this.#inForceMs) this.#inForceMs = this.#meanMs;
    return this.#inForceMs;
  }
}

const pace = new Pace();
const video = new VideoEncoder();
/** What has 16 bits is never sent with loss. */
const exact = encoderOf('exact', await openCodecs());
const encoded = new EncodedSlots(tell);
let source: SlotMemory | undefined;
let keySequence = 0;
/** A frame was lost on its way out: what follows could not be decoded. */
let broken = false;
let ending = false;

port.on('message', (order: EncoderOrder) => {
  switch (order.order) {
    case 'memory': {
      const { buffer, layout } = order.place;
      source = { buffer, layout, counts: new SlotCounts(buffer, layout) };
      break;
    }
    case 'encode':
      void encode(order).then(tell);
      break;
    case 'end':
      ending = true;
      video[Symbol.dispose]();
      port.close();
      break;
  }
});

void video.failed.then((reason) => {
  // The thread ends with its process, and a new one takes its place.
  if (!ending) throw new Error(reason);
});

async function encode({ slot, intervalMs, key }: Extract<EncoderOrder, { order: 'encode' }>): Promise<EncoderEvent> {
  if (source === undefined) return { event: 'lost', place: 'encoder/failed' };
  const { header, bytes } = SharedFrame.receive(source, slot);
  const startMs = performance.now();
  const pixels = bytes.subarray(frameHeaderBytes);
  if (header.pixelFormat === 'Y16') {
    broken = true;
    const { codec, payload } = exact.encode(header, pixels, intervalMs);
    return encoded.put({ ...header, codec: codecNumber(codec.name), processingUs: processing() }, payload, pixels.length);
  }
  const bitsPerSecond = Math.round(bitsOfPicture(tier, header, pace.of(intervalMs)) * countedFps);
  const picture = await video.encode(header, pixels, bitsPerSecond, key || broken);
  if (picture.key) keySequence = header.sequence;
  const event = encoded.put(
    {
      ...header,
      codec: codecNumber('h264'),
      flags: (header.flags & ~(frameFlags.lossless | frameFlags.key)) | (picture.key ? frameFlags.key : 0),
      keySequence,
      processingUs: processing(),
    },
    picture.bits,
    pixels.length,
  );
  broken = event.event === 'lost';
  return event;

  function processing(): number {
    return header.processingUs + Math.round((performance.now() - startMs) * 1000);
  }
}
