import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { crc32 } from 'node:zlib';
import { codecNumber } from '../codec/codecs.ts';
import { openCodecs } from '../codec/node-codecs.ts';
import { SlotCounts, type SlotLayout, slotLayout, slotPixels } from '../frame/frame-pool.ts';
import { frameFlags, frameHeaderBytes, writeFrameHeader } from '../protocol/frame-header.ts';
import { encoderOf } from './encoder.ts';
import type { EncoderEvent, EncoderOrder, EncoderSetup, SlotPlace } from './encoder-events.ts';
import { SharedFrame, type SlotMemory } from './shared-frame.ts';

/**
 * The thread of one tier of one stream: takes a frame out of the stream's memory, writes it encoded, with its header, into
 * memory of its own. One at a time; who orders keeps the newest meanwhile.
 */
const { tier } = workerData as EncoderSetup;
const port = parentPort as MessagePort;
const tell = (event: EncoderEvent): void => port.postMessage(event);

const mostFailures = 3;
/** Frames under way to viewers; a slow one pins at most one or two. */
const slots = 12;

const encoder = encoderOf(tier, await openCodecs());
let source: SlotMemory | undefined;
let target: { readonly place: SlotPlace; readonly counts: SlotCounts } | undefined;
let next = 0;
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
  const frame = SharedFrame.receive(source, slot);
  const startMs = performance.now();
  const pixels = frame.bytes.subarray(frameHeaderBytes);
  try {
    const { codec, payload } = encoder.encode(frame.header, pixels, intervalMs);
    failures = 0;
    const { place, counts } = roomFor(pixels.length);
    const own = counts.take(next);
    if (own < 0) return { event: 'lost', place: 'encoder/no-free-slot' };
    next = (own + 1) % slots;
    const at = slotPixels(place.layout, own);
    new Uint8Array(place.buffer, at, payload.length).set(payload);
    writeFrameHeader(new DataView(place.buffer, at - frameHeaderBytes, frameHeaderBytes), {
      ...frame.header,
      codec: codecNumber(codec.name),
      flags: (frame.header.flags & ~frameFlags.lossless) | (codec.lossless ? frameFlags.lossless : 0),
      processingUs: frame.header.processingUs + Math.round((performance.now() - startMs) * 1000),
      payloadBytes: payload.length,
      crc32: crc32(payload),
    });
    return { event: 'encoded', slot: own };
  } catch (thrown) {
    // A codec that failed may be broken for good: the thread ends, and a new one takes its place.
    failures++;
    if (failures > mostFailures) throw thrown;
    return { event: 'lost', place: 'encoder/failed' };
  }
}

/** JPEG of noise may be larger than the picture. */
const spare = 1.5;

/** New memory where pictures have become larger; slots of the old one live as long as somebody holds them. */
function roomFor(pixelBytes: number): { readonly place: SlotPlace; readonly counts: SlotCounts } {
  const layout: SlotLayout & { readonly endOffset: number } = slotLayout(0, slots, Math.ceil(pixelBytes * spare) + 4096);
  if (target !== undefined && target.place.layout.slotStride >= layout.slotStride) return target;
  const buffer = new SharedArrayBuffer(layout.endOffset);
  target = { place: { buffer, layout }, counts: new SlotCounts(buffer, layout) };
  tell({ event: 'memory', place: target.place });
  return target;
}
