import { bulkEndpoint, describe, interfaceOf } from './descriptors.ts';
import { ScanStream } from './scan-stream.ts';
import type { Bus, DeviceAction, Setup, VirtualDevice } from './virtual-device.ts';

/** One line: marker, number of the line since the start, and samples that follow from that number. */
export const lineProbe = {
  vendorId: 0x1209,
  productId: 0x0001,
  lineBytes: 4096,
  linesPerFrame: 64,
  marker: 0x4c554d45,
  endpoint: 0x81,
} as const;

export interface LineProbeOptions {
  readonly kind: 'lines';
  readonly serial?: string;
  readonly rateMBps?: number;
  readonly memoryBytes?: number;
}

const vendorStart = 1;
const vendorStop = 2;

/** A probe of our own invention, whose every line can be told from every other. It follows no product. */
export function openLineProbe({ serial = 'L1', rateMBps = 20, memoryBytes = 4 * 2 ** 20 }: LineProbeOptions): VirtualDevice {
  const { vendorId, productId, lineBytes, linesPerFrame, endpoint } = lineProbe;
  const frames = Array.from({ length: 4 }, (_, frame) =>
    Uint8Array.from({ length: lineBytes * linesPerFrame }, (_, at) => (at + frame * 31) & 255),
  );
  const stream = new ScanStream({ address: endpoint, frames, stamp: stampLines, rateMBps, memoryBytes });
  return {
    descriptors: describe({ vendorId, productId, maker: 'Lumencast', product: 'virtual line probe', serial }, [0, 0, 0], 1, [
      interfaceOf(0, 0, 1, [255, 0, 0]),
      bulkEndpoint(endpoint),
    ]),
    inputs: new Map([[endpoint, stream]]),
    outputs: new Map(),
    control({ request }: Setup) {
      if (request === vendorStart) stream.start();
      else if (request === vendorStop) stream.stop();
      else return undefined;
      return new Uint8Array(0);
    },
    plugged: (bus: Bus) => stream.plugged(bus),
    unplugged: () => stream.stop(),
    counts: () => stream.counts(),
    act(action: DeviceAction) {
      if ('fault' in action) stream.fault(action);
      else if ('rateMBps' in action) stream.setRate(action.rateMBps);
    },
  };
}

function stampLines(frame: Uint8Array, counter: number): void {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  for (let line = 0; line < lineProbe.linesPerFrame; line++) {
    view.setUint32(line * lineProbe.lineBytes, lineProbe.marker, true);
    view.setUint32(line * lineProbe.lineBytes + 4, counter * lineProbe.linesPerFrame + line, true);
  }
}
