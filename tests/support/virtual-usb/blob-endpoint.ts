import { fillWithNoise, StreamFaults } from './stream-faults.ts';
import type { Bus, Delivery, Fault, InEndpoint } from './virtual-device.ts';

/** An IN endpoint that hands out one piece after the other; a transfer never holds parts of two. */
export class BlobEndpoint implements InEndpoint {
  readonly #address: number;
  readonly #faults = new StreamFaults();
  #bus: Bus | undefined;
  #blobs: Uint8Array[] = [];

  constructor(address: number) {
    this.#address = address;
  }

  plugged(bus: Bus): void {
    this.#bus = bus;
    this.#blobs = [];
  }

  put(blob: Uint8Array): void {
    this.#blobs.push(blob);
    this.#bus?.ready(this.#address);
  }

  fault(fault: Fault): void {
    this.#faults.add(fault);
  }

  deliver(into: Uint8Array): Delivery {
    const blob = this.#blobs[0];
    if (blob === undefined || this.#faults.isQuiet()) return { kind: 'wait' };
    const fault = this.#faults.next();
    if (fault?.fault === 'stall') return { kind: 'stall' };
    if (fault?.fault === 'zero-length') return { kind: 'data', bytes: 0 };
    if (fault?.fault === 'unplug') {
      this.#bus?.unplug();
      return { kind: 'wait' };
    }
    if (fault?.fault === 'garbage') {
      const bytes = Math.min(fault.bytes, into.length);
      fillWithNoise(into.subarray(0, bytes), fault.seed);
      return { kind: 'data', bytes };
    }
    const lost = fault?.fault === 'cut' ? fault.bytes : fault?.fault === 'babble' ? into.length : 0;
    const rest = blob.subarray(lost);
    const bytes = fault?.fault === 'babble' ? 0 : Math.min(into.length, rest.length, fault?.fault === 'short' ? fault.bytes : into.length);
    into.set(rest.subarray(0, bytes));
    if (bytes < rest.length) this.#blobs[0] = rest.subarray(bytes);
    else this.#blobs.shift();
    return fault?.fault === 'babble' ? { kind: 'babble' } : { kind: 'data', bytes };
  }
}
