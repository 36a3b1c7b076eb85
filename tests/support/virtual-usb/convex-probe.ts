import { bulkEndpoint, describe, interfaceOf } from './descriptors.ts';
import { echoAt, writeNumber } from './echo-phantom.ts';
import { ScanStream } from './scan-stream.ts';
import type { VirtualDevice } from './virtual-device.ts';

/**
 * The device's side of a BMV convex probe: kelu124/pyusbus at 7f68591 (pyusbus/acq.py, docs/convex), and requests recorded on the
 * wire. A line is 3900 words of 16 bits: the largest value, after a nought; the frame's number two words on; the RF signal.
 */
export const convexProbe = { vendorId: 0x04b4, productId: 0x00f1, lines: 80, lineWords: 3900, headWords: 7, peak: 0x7fff } as const;

export interface ConvexOptions {
  readonly kind: 'convex';
  readonly serial?: string;
  /** Default 5: eight frames a second. */
  readonly rateMBps?: number;
  readonly memoryBytes?: number;
}

/** Word 3 of a packet of 512 bytes that begins with 5a 5a 5a 5a. */
const acquisition = { stop: 0xa0010000, start: 0xa0020000 } as const;
const firmwareQuestions = [176, 187];

export function openConvexProbe({ serial = 'C1', rateMBps = 5, memoryBytes = 8 * 2 ** 20 }: ConvexOptions): VirtualDevice {
  const { vendorId, productId } = convexProbe;
  const stream = new ScanStream({ address: 0x81, frames: renderFrames(4), stamp, rateMBps, memoryBytes });
  const counts = { packets: 0 };
  const obey = (data: Uint8Array): boolean => {
    if (data.length !== 512 || data[0] !== 0x5a) return false;
    counts.packets++;
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    for (let at = 12; at < 508; at += 4) {
      const word = view.getUint32(at, true);
      if (word === acquisition.start) stream.start();
      else if (word === acquisition.stop) stream.stop();
    }
    return true;
  };
  return {
    descriptors: describe({ vendorId, productId, maker: 'BMV', product: 'virtual convex probe', serial }, [0, 0, 0], 1, [
      interfaceOf(0, 0, 4, [255, 0, 0]),
      bulkEndpoint(0x01),
      bulkEndpoint(0x81),
      bulkEndpoint(0x02),
      bulkEndpoint(0x82),
    ]),
    inputs: new Map([[0x81, stream]]),
    outputs: new Map([[0x01, obey]]),
    control: ({ request, length }) => (firmwareQuestions.includes(request) ? new Uint8Array(length) : undefined),
    plugged: (bus) => stream.plugged(bus),
    unplugged: () => stream.stop(),
    counts: () => ({ ...stream.counts(), ...counts }),
    act(action) {
      if ('fault' in action) stream.fault(action);
      else if ('rateMBps' in action) stream.setRate(action.rateMBps);
    },
  };
}

function renderFrames(count: number): Uint8Array[] {
  const { lines, lineWords, headWords, peak } = convexProbe;
  return Array.from({ length: count }, (_, frame) => {
    const words = new Int16Array(lines * lineWords);
    for (let line = 0; line < lines; line++) {
      words[line * lineWords] = peak;
      for (let at = headWords; at < lineWords - 1; at++) {
        const echo = echoAt(line / (lines - 1), at / lineWords, frame / count);
        words[line * lineWords + at] = Math.round(12_000 * echo * Math.sin(at * 1.1 + line));
      }
    }
    return new Uint8Array(words.buffer);
  });
}

/** In the head of every line, and in the samples of the first ones. */
function stamp(frame: Uint8Array, counter: number): void {
  const { lines, lineWords, headWords } = convexProbe;
  const words = new Int16Array(frame.buffer);
  for (let line = 0; line < lines; line++) words[line * lineWords + 2] = counter;
  writeNumber(counter, (line, sample, isOne) => {
    words[line * lineWords + headWords + sample] = isOne ? 20_000 : -20_000;
  });
}
