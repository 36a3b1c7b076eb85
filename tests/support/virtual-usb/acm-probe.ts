import { bulkEndpoint, describe, descriptorType, interfaceOf, interruptEndpoint, word } from './descriptors.ts';
import { fillWithNoise, StreamFaults } from './stream-faults.ts';
import type { Bus, Delivery, DeviceAction, InEndpoint, VirtualDevice } from './virtual-device.ts';

export interface AcmOptions {
  readonly kind: 'acm';
  readonly serial?: string;
}

/** Subtypes of functional descriptors: USB CDC 1.2 table 13; requests: PSTN 1.2 table 13. */
const functional = { header: 0, callManagement: 1, abstractControl: 2, union: 6 } as const;
const request = { setLineCoding: 0x20, getLineCoding: 0x21, setControlLineState: 0x22 } as const;
const dataIn = 0x82;
const dataOut = 0x02;

/** The device's side of pic0rick's text protocol: kelu124/pic0rick, firmware/main.c and firmware/adc/adc.c. */
export const pic0rick = { vendorId: 0x2e8a, productId: 0x000a, samples: 8000, prompt: 'run> ' } as const;

/** A probe on a serial line: the kernel's cdc_acm makes a /dev/ttyACM of it. */
export function openAcmProbe({ serial = 'E6617C93E3' }: AcmOptions): VirtualDevice {
  const { vendorId, productId } = pic0rick;
  const shell = new ProbeShell();
  let lineCoding: Uint8Array = Uint8Array.of(...word(0xc200), 1, 0, 0, 0, 8);
  return {
    descriptors: describe({ vendorId, productId, maker: 'Raspberry Pi', product: 'Pico', serial }, [0xef, 2, 1], 2, [
      [8, descriptorType.association, 0, 2, 2, 2, 0, 0],
      interfaceOf(0, 0, 1, [2, 2, 0]),
      [5, descriptorType.classInterface, functional.header, ...word(0x0120)],
      [5, descriptorType.classInterface, functional.callManagement, 0, 1],
      [4, descriptorType.classInterface, functional.abstractControl, 2],
      [5, descriptorType.classInterface, functional.union, 0, 1],
      interruptEndpoint(0x81, 8, 16),
      interfaceOf(1, 0, 2, [10, 0, 0]),
      bulkEndpoint(dataOut),
      bulkEndpoint(dataIn),
    ]),
    inputs: new Map<number, InEndpoint>([
      [dataIn, shell],
      [0x81, { deliver: () => ({ kind: 'wait' }) }],
    ]),
    outputs: new Map([[dataOut, (data) => shell.hear(data)]]),
    control({ request: code }, data) {
      if (code === request.getLineCoding) return lineCoding;
      if (code === request.setLineCoding) lineCoding = data.slice();
      else if (code !== request.setControlLineState) return undefined;
      return new Uint8Array(0);
    },
    plugged: (bus) => shell.plugged(bus),
    unplugged: () => undefined,
    counts: () => shell.counts(),
    act(action: DeviceAction) {
      if ('fault' in action) shell.fault(action);
    },
  };
}

/** Echoes what is typed, obeys a line at its end, and prompts again. */
class ProbeShell implements InEndpoint {
  readonly #faults = new StreamFaults();
  #bus: Bus | undefined;
  #typed = '';
  #said: Buffer = Buffer.alloc(0);
  readonly #counts = { commands: 0, acquisitions: 0, linesSent: 0 };

  plugged(bus: Bus): void {
    this.#bus = bus;
    this.#typed = '';
    this.#said = Buffer.alloc(0);
  }

  counts(): Readonly<Record<string, number>> {
    return { ...this.#counts };
  }

  fault(fault: Parameters<StreamFaults['add']>[0]): void {
    this.#faults.add(fault);
    this.#bus?.ready(dataIn);
  }

  hear(data: Uint8Array): boolean {
    for (const byte of data) this.#key(String.fromCharCode(byte));
    return true;
  }

  deliver(into: Uint8Array): Delivery {
    if (this.#faults.isQuiet()) return { kind: 'wait' };
    const fault = this.#said.length > 0 ? this.#faults.next() : undefined;
    if (fault?.fault === 'stall' || fault?.fault === 'babble') return { kind: fault.fault };
    if (fault?.fault === 'zero-length') return { kind: 'data', bytes: 0 };
    if (fault?.fault === 'unplug') this.#bus?.unplug();
    if (fault?.fault === 'cut') this.#said = this.#said.subarray(fault.bytes);
    if (fault?.fault === 'garbage') {
      const bytes = Math.min(fault.bytes, into.length);
      fillWithNoise(into.subarray(0, bytes), fault.seed);
      return { kind: 'data', bytes };
    }
    if (this.#said.length === 0) return { kind: 'wait' };
    const bytes = Math.min(this.#said.length, into.length, fault?.fault === 'short' ? fault.bytes : into.length);
    into.set(this.#said.subarray(0, bytes));
    this.#said = this.#said.subarray(bytes);
    return { kind: 'data', bytes };
  }

  #key(key: string): void {
    if (key === '\b' || key === '\x7f') this.#typed = this.#typed.slice(0, -1);
    else if (key !== '\r' && key !== '\n') {
      this.#typed += key;
      this.#say(key);
    } else {
      this.#say('\r\n');
      const line = this.#typed.trim();
      this.#typed = '';
      if (line !== '') this.#obey(line);
      this.#say(pic0rick.prompt);
    }
  }

  #obey(line: string): void {
    this.#counts.commands++;
    if (/^start acq \d+$/.test(line)) this.#counts.acquisitions++;
    else if (line === 'read') this.#say(this.#acquisition());
    else if (!/^(write (dac \d+|mux [0-9a-fA-F]+)|set mux|clear mux)$/.test(line)) this.#say('unknown command\r\n');
  }

  /** An echo that moves on by ten samples with every line read, on a decaying carrier; every value with a comma behind it. */
  #acquisition(): string {
    const echoAt = 1000 + ((10 * this.#counts.linesSent) % 6000);
    this.#counts.linesSent++;
    const values = Array.from({ length: pic0rick.samples }, (_, at) => {
      const envelope = 300 * Math.exp(-(((at - echoAt) / 120) ** 2)) + 150 * Math.exp(-at / 600);
      return `${Math.round(512 + envelope * Math.sin(at * 0.52))
        .toString(16)
        .toUpperCase()},`;
    });
    return `----------Start of ACQ----------\r\n${values.join('')}\r\n-----------End of ACQ-----------\r\n`;
  }

  #say(text: string): void {
    this.#said = Buffer.concat([this.#said, Buffer.from(text, 'latin1')]);
    this.#bus?.ready(dataIn);
  }
}
