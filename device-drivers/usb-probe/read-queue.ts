import type { LibUSBException } from 'usb';
import type { ReadFault, ReadSink } from './usb-transport.ts';

/** libusb_transfer_status, the errno of a completed transfer: libusb.h of 1.0. */
const status = { cancelled: 3, stall: 4, noDevice: 5, overflow: 6 } as const;
/** After so many faults without a byte between them reading is given up. */
const faultsInARow = 8;
const giveBackMs = 500;

/** What is used of an endpoint of node-usb. */
export interface ReadableEndpoint {
  readonly descriptor: { readonly wMaxPacketSize: number };
  makeTransfer(timeoutMs: number, done: (error: LibUSBException | undefined, buffer: Buffer, length: number) => void): Transfer;
  clearHalt(done: (error: LibUSBException | undefined) => void): void;
}

interface Transfer {
  submit(buffer: Buffer): unknown;
  cancel(): unknown;
}

interface Slot {
  readonly transfer: Transfer;
  readonly buffer: Buffer;
}

/**
 * Keeps reads of our own buffers waiting at one IN endpoint. node-usb's own `startPoll` makes a fresh buffer for every read, and
 * its end never comes where a read could not be submitted again.
 */
export class ReadQueueAtEndpoint {
  readonly #endpoint: ReadableEndpoint;
  readonly #sink: ReadSink;
  readonly #slots: Slot[];
  readonly #ended: Promise<void>;
  #end: () => void = () => undefined;
  #fail: (thrown: unknown) => void = () => undefined;
  /** Reads that libusb holds. */
  #waiting = 0;
  #state: 'reading' | 'clearing' | 'ending' = 'reading';
  #faults = 0;
  #takingBack: Promise<void> | undefined;
  #allBack: (() => void) | undefined;
  #recovery: Promise<void> | undefined;

  constructor(endpoint: ReadableEndpoint, transfers: number, transferBytes: number, sink: ReadSink) {
    this.#endpoint = endpoint;
    this.#sink = sink;
    const packet = Math.max(1, endpoint.descriptor.wMaxPacketSize & 0x7ff);
    // A read that is no multiple of a packet overflows at the last one.
    const bytes = Math.ceil(transferBytes / packet) * packet;
    this.#slots = Array.from({ length: transfers }, () => {
      const slot: Slot = {
        buffer: Buffer.allocUnsafeSlow(bytes),
        transfer: endpoint.makeTransfer(0, (error, _buffer, length) => this.#returned(slot, error, length)),
      };
      return slot;
    });
    this.#ended = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
    this.#ended.catch(() => undefined);
  }

  /** Resolves when the signal has stopped it and no read waits any more; throws what libusb says where reading failed for good. */
  async run(signal: AbortSignal): Promise<void> {
    const stopped = (): void => this.#end();
    signal.addEventListener('abort', stopped, { once: true });
    try {
      this.#submitAll();
      if (signal.aborted) this.#end();
      await this.#ended;
    } finally {
      signal.removeEventListener('abort', stopped);
      this.#state = 'ending';
      // The device may be closed when this returns: nothing may be under way at it.
      await this.#recovery;
      await this.#takeBack();
    }
  }

  #returned(slot: Slot, error: LibUSBException | undefined, length: number): void {
    this.#waiting--;
    try {
      if (this.#state !== 'ending') this.#take(slot, error, length);
    } catch (thrown) {
      this.#fail(thrown);
    }
    this.#countBack();
  }

  #take(slot: Slot, error: LibUSBException | undefined, length: number): void {
    // What a read brought before it failed stands in its buffer, in order.
    if (length > 0 && error?.errno !== status.overflow)
      this.#sink.data(length === slot.buffer.length ? slot.buffer : slot.buffer.subarray(0, length));
    if (error === undefined) this.#faults = 0;
    else if (error.errno === status.noDevice) throw error;
    else if (error.errno !== status.cancelled) this.#recover(error);
    if (this.#state === 'reading') this.#submit(slot);
  }

  #recover(error: LibUSBException): void {
    if (this.#state !== 'reading') return;
    if (++this.#faults > faultsInARow) throw error;
    this.#sink.fault(faults[error.errno] ?? 'transfer-error');
    this.#state = 'clearing';
    this.#recovery = this.#clear().catch((thrown: unknown) => this.#fail(thrown));
  }

  async #clear(): Promise<void> {
    // The endpoint may only be cleared when nobody waits at it.
    await this.#takeBack();
    if (this.#state !== 'clearing') return;
    await this.#clearHalt();
    if (this.#state !== 'clearing') return;
    this.#state = 'reading';
    this.#submitAll();
    this.#sink.resumed();
  }

  async #clearHalt(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const patience = setTimeout(() => reject(new Error('the endpoint was not cleared in time')), giveBackMs);
    try {
      this.#endpoint.clearHalt((error) => (error === undefined ? resolve() : reject(error)));
      await promise;
    } finally {
      clearTimeout(patience);
    }
  }

  #submitAll(): void {
    for (const slot of this.#slots) this.#submit(slot);
  }

  #submit(slot: Slot): void {
    slot.transfer.submit(slot.buffer);
    this.#waiting++;
  }

  /** Cancels what waits; resolves when libusb has given all of it back, or after a bounded wait. */
  #takeBack(): Promise<void> {
    if (this.#waiting === 0) return Promise.resolve();
    this.#takingBack ??= new Promise<void>((resolve) => {
      const patience = setTimeout(resolve, giveBackMs);
      this.#allBack = () => {
        clearTimeout(patience);
        resolve();
      };
      for (const { transfer } of this.#slots) cancel(transfer);
    }).finally(() => {
      this.#takingBack = undefined;
    });
    return this.#takingBack;
  }

  #countBack(): void {
    if (this.#waiting === 0) this.#allBack?.();
  }
}

const faults: Readonly<Record<number, ReadFault>> = { [status.stall]: 'stall', [status.overflow]: 'overflow' };

/** One that the device took with it cannot be cancelled any more. */
function cancel(transfer: Transfer): void {
  try {
    transfer.cancel();
  } catch {
    return;
  }
}
