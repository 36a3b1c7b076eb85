import type { ConfigDescriptor, Device, Endpoint, Interface, LibUSBException } from 'usb';
import { AppError } from '../../src/app-error.ts';
import { closeWhenIdle } from './close-when-idle.ts';
import { ReadQueueAtEndpoint } from './read-queue.ts';
import { usbError } from './usb-error.ts';
import type { ReadQueue, ReadSink, Setup, UsbTransport } from './usb-transport.ts';

/** Longest wait for one control or bulk transfer, and for closing. */
const patienceMs = 1000;
const bulk = 2;

/** An opened device over node-usb 2: libusb inside, transfers that we own. */
export class LibusbTransport implements UsbTransport {
  readonly #device: Device;
  readonly #interface: Interface;
  readonly #name: string;

  private constructor(device: Device, claimed: Interface, name: string) {
    this.#device = device;
    this.#interface = claimed;
    this.#name = name;
  }

  /**
   * Opens the device and claims interface 0, in the alternate setting that has these bulk endpoints.
   * Throws `usb-probe/no-rights`, `usb-probe/busy`, `usb-probe/not-that-probe`, `device/gone`.
   */
  static async open(device: Device, name: string, endpoints: readonly number[]): Promise<LibusbTransport> {
    // libusb refuses what another program has opened; in this thread the same device would simply be shared.
    if (device.interfaces !== undefined) throw new AppError('usb-probe/busy', { device: name });
    try {
      device.open();
    } catch (thrown) {
      // Descriptors that make no sense are found when it is open already.
      if (device.interfaces !== undefined) void closeWhenIdle(device);
      throw usbError(thrown, name, 'be opened');
    }
    try {
      device.timeout = patienceMs;
      takeFromKernelDriver(device);
      const alternate = alternateWith(device.configDescriptor, endpoints);
      if (alternate === undefined) {
        const missing = endpoints.map((endpoint) => endpoint.toString(16)).join(', ');
        throw new AppError('usb-probe/not-that-probe', { device: name, reason: `it has no bulk endpoints ${missing}` });
      }
      const claimed = device.interface(0);
      claimed.claim();
      if (alternate !== claimed.altSetting) await bounded((done) => claimed.setAltSetting(alternate, done));
      return new LibusbTransport(device, claimed, name);
    } catch (thrown) {
      void closeWhenIdle(device);
      throw usbError(thrown, name, 'be claimed');
    }
  }

  async tell({ requestType, request, value = 0, index = 0 }: Setup, data: Uint8Array = new Uint8Array(0)): Promise<void> {
    await this.#try(`take request ${request}`, (done) =>
      this.#device.controlTransfer(requestType, request, value, index, Buffer.from(data), (error) => done(error)),
    );
  }

  async ask({ requestType, request, value = 0, index = 0 }: Setup, length: number): Promise<Uint8Array> {
    let answer = new Uint8Array(0);
    await this.#try(`answer request ${request}`, (done) =>
      this.#device.controlTransfer(requestType, request, value, index, length, (error, data) => {
        if (data instanceof Uint8Array) answer = new Uint8Array(data);
        done(error);
      }),
    );
    return answer;
  }

  async write(endpoint: number, data: Uint8Array): Promise<void> {
    const transfers = this.#endpoint(endpoint);
    await this.#try('take data', (done) => transfers.makeTransfer(patienceMs, (error) => done(error)).submit(Buffer.from(data)));
  }

  async read(endpoint: number, length: number): Promise<Uint8Array> {
    const transfers = this.#endpoint(endpoint);
    let read = new Uint8Array(0);
    await this.#try('send data', (done) =>
      transfers
        .makeTransfer(patienceMs, (error, buffer, bytes) => {
          read = new Uint8Array(buffer.subarray(0, bytes));
          done(error);
        })
        .submit(Buffer.alloc(length)),
    );
    return read;
  }

  async stream({ endpoint, transfers, transferBytes }: ReadQueue, sink: ReadSink, signal: AbortSignal): Promise<void> {
    try {
      await new ReadQueueAtEndpoint(this.#endpoint(endpoint), transfers, transferBytes, sink).run(signal);
    } catch (thrown) {
      throw usbError(thrown, this.#name, 'be read');
    }
  }

  /** Never throws: a device that is gone cannot be closed in order. One at which a call is still under way is closed behind it. */
  async close(): Promise<void> {
    await bounded((done) => this.#interface.release(done)).catch(() => undefined);
    void closeWhenIdle(this.#device);
  }

  #endpoint(address: number): Endpoint {
    const endpoint = this.#interface.endpoint(address);
    if (endpoint !== undefined) return endpoint;
    throw new AppError('usb-probe/not-that-probe', { device: this.#name, reason: `it has no endpoint ${address.toString(16)}` });
  }

  async #try(doing: string, transfer: (done: (error?: LibUSBException) => void) => void): Promise<void> {
    try {
      await bounded(transfer);
    } catch (thrown) {
      throw usbError(thrown, this.#name, doing);
    }
  }
}

/** A callback of node-usb as a promise that settles in any case: it has no time limit of its own for most of them. */
function bounded(act: (done: (error?: LibUSBException) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const patience = setTimeout(() => reject(new Error(`no answer within ${patienceMs} ms`)), 2 * patienceMs);
    const done = (error?: LibUSBException): void => {
      clearTimeout(patience);
      if (error === undefined || error === null) resolve();
      else reject(error);
    };
    try {
      act(done);
    } catch (thrown) {
      clearTimeout(patience);
      reject(thrown);
    }
  });
}

/** Linux binds `usbtest` to bare Cypress controllers; other systems have nothing to take from. */
function takeFromKernelDriver(device: Device): void {
  try {
    device.setAutoDetachKernelDriver(true);
  } catch {
    return;
  }
}

function alternateWith(configuration: ConfigDescriptor | undefined, endpoints: readonly number[]): number | undefined {
  const has = (settings: readonly { bEndpointAddress: number; bmAttributes: number }[], address: number): boolean =>
    settings.some((endpoint) => endpoint.bEndpointAddress === address && (endpoint.bmAttributes & 3) === bulk);
  // node-usb looks an alternate setting up by its place in the list, and fails beyond catching where a device numbers them otherwise.
  const settings = configuration?.interfaces[0]?.filter(({ bAlternateSetting }, place) => bAlternateSetting === place);
  return settings?.find((setting) => endpoints.every((address) => has(setting.endpoints, address)))?.bAlternateSetting;
}
