import { descriptorType, stringDescriptor } from './descriptors.ts';
import type { Setup, VirtualDevice } from './virtual-device.ts';

/** Standard requests: USB 2.0 table 9-4. */
const request = {
  getStatus: 0,
  clearFeature: 1,
  setFeature: 3,
  setAddress: 5,
  getDescriptor: 6,
  getConfiguration: 8,
  setConfiguration: 9,
  getInterface: 10,
  setInterface: 11,
} as const;

const nothing = new Uint8Array(0);

/** Answers what every device answers alike; keeps the configuration, the alternates and the halted endpoints. */
export class StandardRequests {
  readonly #device: VirtualDevice;
  readonly #alternates = new Map<number, number>();
  readonly #halted = new Set<number>();
  #configuration = 0;

  constructor(device: VirtualDevice) {
    this.#device = device;
  }

  halt(address: number): void {
    this.#halted.add(address);
  }

  isHalted(address: number): boolean {
    return this.#halted.has(address);
  }

  /** The bytes of an IN request, none for OUT; undefined stalls. */
  answer(setup: Setup, data: Uint8Array): Uint8Array | undefined {
    const isStandard = (setup.requestType & 0x60) === 0;
    const bytes = isStandard ? this.#standard(setup) : this.#device.control(setup, data);
    return bytes?.subarray(0, setup.length);
  }

  #standard({ requestType, request: code, value, index }: Setup): Uint8Array | undefined {
    switch (code) {
      case request.getDescriptor:
        return this.#descriptor(value >> 8, value & 255);
      case request.getStatus:
        return Uint8Array.from([(requestType & 31) === 2 && this.#halted.has(index) ? 1 : 0, 0]);
      case request.clearFeature:
        if ((requestType & 31) === 2) this.#halted.delete(index);
        return nothing;
      case request.setConfiguration:
        this.#configuration = value;
        this.#halted.clear();
        this.#device.choose?.(-1, value);
        return nothing;
      case request.getConfiguration:
        return Uint8Array.of(this.#configuration);
      case request.setInterface:
        this.#alternates.set(index, value);
        this.#device.choose?.(index, value);
        return nothing;
      case request.getInterface:
        return Uint8Array.of(this.#alternates.get(index) ?? 0);
      case request.setFeature:
      case request.setAddress:
        return nothing;
    }
    return undefined;
  }

  #descriptor(type: number, index: number): Uint8Array | undefined {
    const { device, configuration, strings } = this.#device.descriptors;
    if (type === descriptorType.device) return device;
    if (type === descriptorType.configuration && index === 0) return configuration;
    // The device qualifier and others: a device that runs at one speed stalls (USB 2.0 §9.6.2).
    return type === descriptorType.string ? stringDescriptor(index, strings) : undefined;
  }
}
