/** The set-up packet of a control transfer: USB 2.0 §9.3. */
export interface Setup {
  readonly requestType: number;
  readonly request: number;
  readonly value: number;
  readonly index: number;
  readonly length: number;
}

export interface Descriptors {
  /** 18 bytes: USB 2.0 §9.6.1. */
  readonly device: Uint8Array;
  /** The configuration with all that belongs to it: USB 2.0 §9.6.3. */
  readonly configuration: Uint8Array;
  /** Texts from index 1. */
  readonly strings: readonly string[];
}

/** What an IN endpoint does with a transfer that the host asked for. */
export type Delivery =
  /** Nothing is there yet: the transfer waits. */
  | { readonly kind: 'wait' }
  /** The transfer ends with the first `bytes` of the buffer; 0 is a packet without data. */
  | { readonly kind: 'data'; readonly bytes: number }
  | { readonly kind: 'stall' }
  /** More came than was asked for: the host sees an overflow and none of it. */
  | { readonly kind: 'babble' };

export interface InEndpoint {
  /** Fills the buffer of the transfer that has waited longest. */
  deliver(into: Uint8Array): Delivery;
}

/** What the bus offers to a device that is plugged in. */
export interface Bus {
  /** The IN endpoint of that address (with its direction bit) has something to deliver. */
  ready(address: number): void;
  /** The plug is pulled, now. */
  unplug(): void;
}

/** The device's side of a USB cable; standard requests are answered by the bus from the descriptors. */
export interface VirtualDevice {
  readonly descriptors: Descriptors;
  /** By address, with the direction bit: 0x81. */
  readonly inputs: ReadonlyMap<number, InEndpoint>;
  /** By address: what arrives there; false stalls. */
  readonly outputs: ReadonlyMap<number, (data: Uint8Array) => boolean>;
  /**
   * Class and vendor requests. `data`: of an OUT request, else empty. Returns the bytes of an IN request (empty for OUT), or
   * undefined to stall.
   */
  control(setup: Setup, data: Uint8Array): Uint8Array | undefined;
  /** SET_INTERFACE, and SET_CONFIGURATION as interface -1. */
  choose?(interfaceNumber: number, alternate: number): void;
  plugged(bus: Bus): void;
  unplugged(): void;
  /** What the device did, for the test to compare with what the driver says. */
  counts(): Readonly<Record<string, number>>;
  /** Something that the test asks for while the device is plugged in: a fault, another rate. */
  act(action: DeviceAction): void;
}

/** A fault, once, in the next transfer. */
export type Fault =
  | { readonly fault: 'stall' | 'babble' | 'zero-length' | 'unplug' }
  /** The next transfer ends after that many bytes; nothing is lost. */
  | { readonly fault: 'short'; readonly bytes: number }
  /** That many bytes of the stream are never sent. */
  | { readonly fault: 'cut'; readonly bytes: number }
  /** That many random bytes stand in the stream, from this seed. */
  | { readonly fault: 'garbage'; readonly bytes: number; readonly seed: number }
  | { readonly fault: 'silence'; readonly milliseconds: number };

/** Faults of video payloads beside those of the transport: UVC 1.1 §2.4.3.3. */
export type PayloadFault = 'error-bit' | 'truncated' | 'bad-header' | 'empty-header';

export type DeviceAction = Fault | { readonly payload: PayloadFault } | { readonly rateMBps: number } | { readonly reseed: number };
