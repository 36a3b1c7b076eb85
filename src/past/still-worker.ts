import { type MessagePort, parentPort } from 'node:worker_threads';
import { crc32 } from 'node:zlib';
import { codecByNumber, codecNumber } from '../codec/codecs.ts';
import { openCodecs } from '../codec/node-codecs.ts';
import { frameFlags, frameHeaderBytes, readFrameHeader, writeFrameHeader } from '../protocol/frame-header.ts';
import { encoderOf } from '../stream/encoder.ts';

/** A frame as it is kept → as the tier `still` has it; undefined where it cannot be decoded. */
export type StillAnswer = Uint8Array<ArrayBuffer> | undefined;

const port = parentPort as MessagePort;
const codecs = await openCodecs();
const encoder = encoderOf('still', codecs);

port.on('message', (message: Uint8Array<ArrayBuffer>) => port.postMessage(stillOf(message) satisfies StillAnswer));

function stillOf(message: Uint8Array<ArrayBuffer>): StillAnswer {
  try {
    const header = readFrameHeader(new DataView(message.buffer, message.byteOffset, message.length));
    // JPEG has 8 bits.
    if (header.pixelFormat === 'Y16') return message;
    const pixels = codecByNumber(codecs, header.codec).decode(header, message.subarray(frameHeaderBytes));
    const { codec, payload } = encoder.encode(header, pixels, 0);
    const still = new Uint8Array(frameHeaderBytes + payload.length);
    still.set(payload, frameHeaderBytes);
    writeFrameHeader(new DataView(still.buffer), {
      ...header,
      codec: codecNumber(codec.name),
      flags: (header.flags & ~frameFlags.lossless) | (codec.lossless ? frameFlags.lossless : 0),
      payloadBytes: payload.length,
      crc32: crc32(payload),
    });
    return still;
  } catch {
    return undefined;
  }
}
