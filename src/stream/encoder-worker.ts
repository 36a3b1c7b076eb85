import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { codecNumber } from '../codec/codecs.ts';
import { openCodecs } from '../codec/node-codecs.ts';
import { SlotCounts } from '../frame/frame-pool.ts';
import { frameFlags, frameHeaderBytes } from '../protocol/frame-header.ts';
import type { StillTier } from '../protocol/tiers.ts';
import { EncodedSlots } from './encoded-slots.ts';
import { encoderOf } from './encoder.ts';
import type { EncoderEvent, EncoderOrder, EncoderSetup } from './encoder-events.ts';
import { SharedFrame, type SlotMemory } from './shared-frame.ts';

/**
 * The thread of one tier of one stream: takes a frame out of the stream's memory, writes it encoded, with its header, into
 * memory of its own. One at a time; who orders keeps the newest meanwhile.
 */
const { tier } = workerData as EncoderSetup<StillTier>;
const port = parentPort as MessagePort;
const tell = (event: EncoderEvent): void => port.postMessage(event);

const mostFailures = 3;

const encoder = encoderOf(tier, await openCodecs());
const encoded = new EncodedSlots(tell);
let source: SlotMemory | undefined;
let failures = 0;

port.on('message', (order: EncoderOrder) => {
  switch (order.order) {
    case 'memory': {
      const { buffer, layout } = order.place;
      source = { buffer, layout, counts: new SlotCounts(buffer, layout) };
      break;
    }
    case 'encode':
      tell(encode(order.slot, order.intervalMs));
      break;
    case 'end':
      port.close();
      break;
  }
});

function encode(slot: number, intervalMs: number): EncoderEvent {
  if (source === undefined) return { event: 'lost', place: 'encoder/failed' };
  const { header, bytes } = SharedFrame.receive(source, slot);
  const startMs = performance.now();
  const pixels = bytes.subarray(frameHeaderBytes);
  try {
    const { codec, payload } = encoder.encode(header, pixels, intervalMs);
    failures = 0;
    const made = {
      ...header,
      codec: codecNumber(codec.name),
      flags: (header.flags & ~frameFlags.lossless) | (codec.lossless ? frameFlags.lossless : 0),
      processingUs: header.processingUs + Math.round((performance.now() - startMs) * 1000),
    };
    return encoded.put(made, payload, pixels.length);
  } catch (thrown) {
    // A codec that failed may be broken for good: the thread ends, and a new one takes its place.
    failures++;
    if (failures > mostFailures) throw thrown;
    return { event: 'lost', place: 'encoder/failed' };
  }
}
