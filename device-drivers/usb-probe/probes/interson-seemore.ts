import { frameFormat } from '../../../src/frame/frame-format.ts';
import { type LineMark, LineStream } from '../line-stream.ts';
import type { Probe, ScanParser, ScanSink } from '../probe.ts';
import { SweptPictures } from '../swept-pictures.ts';
import type { UsbTransport } from '../usb-transport.ts';

/**
 * Interson SeeMore with its firmware running, of the generation without an FPGA: a transducer on a motor. Facts: requests recorded on
 * the wire between a probe and its own program; kelu124/pyusbus (at 7f68591); the recorded lines. KitwareMedical/IntersonManager
 * describes a later generation, in which the same request 216 writes registers: it is not spoken here (docs/decisions.md).
 * Reverse engineered, never run on hardware.
 */
const toDevice = 0x40;
const fromDevice = 0xc0;
/** By what the recordings show of their moment; names are ours. */
const request = {
  speed: 216,
  depth: 184,
  frequency: 218,
  ready: 219,
  memory: 240,
  motorOn: 213,
  motorOff: 214,
  acquire: 208,
  halt: 209,
  /** A pin of the controller goes low in front of the motor's start, and high behind its stop: taken as the transmitter's supply. */
  supplyOn: 186,
  supplyOff: 187,
} as const;
const stopping = [request.halt, request.motorOff, request.supplyOff] as const;
const memoryOf = { calibration: 0x1c30, settings: [0x1c02, 0x1c04, 0x1c06, 0x1c08], model: 0x1c0a, revision: 0x1c0e } as const;

/** Lines come here; every second one, by their odd numbers. */
const lineEndpoint = 0x86;
/** Its own program reads here too; what comes is not recorded. Odd numbers there make even ones likely here. */
const otherEndpoint = 0x82;
const samples = 2048;
const rows = 80;
/** The transmitted burst saturates the first ones. */
const headBytes = 2;
const transferBytes = 20_480;

export const intersonSeemore: Probe = {
  name: 'interson-seemore',
  title: 'Interson SeeMore, mechanical sector',
  vendor: 0x1921,
  product: 0xf001,
  productWithoutFirmware: 0x0001,
  queues: [
    { endpoint: lineEndpoint, transfers: 16, transferBytes },
    { endpoint: otherEndpoint, transfers: 8, transferBytes },
  ],
  outputs: [],
  hazards: ['highVoltage', 'motor'],
  wantsSetUp: false,
  lineIntervalUs: 1000,
  lineBytes: samples,
  format(settings) {
    const { depthMm = 150, sectorDeg = 60, radiusMm = 10 } = settings;
    const scan = {
      kind: 'sector',
      depthStartMm: 0,
      depthEndMm: depthMm,
      radiusMm,
      angleStartDeg: -sectorDeg / 2,
      angleEndDeg: sectorDeg / 2,
    } as const;
    return frameFormat(samples, rows, 'GREY', {
      scan: this.isMeasured(settings) ? scan : { ...scan, assumed: true },
      frameIntervalMs: 250,
    });
  },
  isMeasured: ({ depthMm, sectorDeg, radiusMm }) => depthMm !== undefined && sectorDeg !== undefined && radiusMm !== undefined,
  async initialise(link) {
    await tell(link, request.supplyOff);
    await tell(link, 222);
    await tell(link, 227);
    for (const address of [memoryOf.calibration, memoryOf.model, memoryOf.calibration]) {
      await isReady(link);
      await readMemory(link, address);
    }
    await isReady(link);
    for (const address of memoryOf.settings) await readMemory(link, address);
    await isReady(link);
    await tell(link, request.halt);
    await tell(link, request.motorOff);
    await tell(link, request.supplyOff);
    await isReady(link);
    await tell(link, request.speed, 24);
    await tell(link, 222);
    await setDepthAndFrequency(link);
    await isReady(link);
    await tell(link, 183);
    await readMemory(link, memoryOf.revision);
    for (const address of memoryOf.settings) await readMemory(link, address);
  },
  async start(link) {
    await isReady(link);
    await readMemory(link, memoryOf.calibration);
    await isReady(link);
    await setDepthAndFrequency(link);
    await tell(link, 164);
    await tell(link, request.supplyOn);
    await tell(link, 228, 1);
    await tell(link, request.motorOn);
    await tell(link, 164);
    await tell(link, request.acquire);
  },
  async stop(link) {
    // One that is not taken must not keep the others from it.
    for (const one of stopping) await tell(link, one).catch(() => undefined);
  },
  parser: (sink) => new NumberedLines(sink),
};

async function setDepthAndFrequency(link: UsbTransport): Promise<void> {
  await tell(link, 224);
  await isReady(link);
  await tell(link, request.depth, 3);
  await tell(link, request.frequency, 1);
  await isReady(link);
  await tell(link, request.speed, 24);
}

const tell = (link: UsbTransport, which: number, value = 0): Promise<void> => link.tell({ requestType: toDevice, request: which, value });

async function isReady(link: UsbTransport): Promise<void> {
  await link.ask({ requestType: fromDevice, request: request.ready }, 1);
}

async function readMemory(link: UsbTransport, address: number): Promise<void> {
  await link.ask({ requestType: fromDevice, request: request.memory, value: address }, 2);
}

/** A line begins with a nought and its number, of 8 bits, by two from 1; the number starts again when the motor begins a turn. */
class NumberMark implements LineMark {
  readonly lineBytes = samples;
  readonly headBytes = headBytes;

  found(bytes: Uint8Array, at: number): boolean {
    return (
      isHead(bytes, at) &&
      isHead(bytes, at + samples) &&
      isHead(bytes, at + 2 * samples) &&
      follows(bytes, at) &&
      follows(bytes, at + samples)
    );
  }

  followed(bytes: Uint8Array, at: number): boolean {
    return isHead(bytes, at) && isHead(bytes, at + samples) && follows(bytes, at);
  }
}

const isHead = (bytes: Uint8Array, at: number): boolean => bytes[at] === 0 && ((bytes[at + 1] as number) & 1) === 1;

function follows(bytes: Uint8Array, at: number): boolean {
  const number = bytes[at + 1] as number;
  const next = bytes[at + samples + 1] as number;
  return next === ((number + 2) & 0xff) || next === 1;
}

class NumberedLines implements ScanParser {
  readonly #sink: ScanSink;
  readonly #pictures: SweptPictures;
  readonly #stream: LineStream;
  #before: number | undefined;
  #atNs = 0n;
  /** Bytes of the other endpoint that make no whole line yet. */
  #otherBytes = 0;

  constructor(sink: ScanSink) {
    this.#sink = sink;
    this.#pictures = new SweptPictures(sink, samples, rows);
    this.#stream = new LineStream(
      new NumberMark(),
      (bytes, at) => this.#take(bytes, at),
      (bytes) => this.#sink.lost('usb-probe/stray-bytes', bytes),
    );
  }

  push(bytes: Uint8Array, atNs: bigint, endpoint: number): void {
    if (endpoint === otherEndpoint) {
      this.#leaveOut(bytes.length);
      return;
    }
    this.#atNs = atNs;
    this.#stream.push(bytes);
  }

  interrupted(): void {
    this.#stream.interrupted();
  }

  #take(bytes: Uint8Array, at: number): void {
    const number = bytes[at + 1] as number;
    const { missing, isFirst } = this.#step(number);
    this.#before = number;
    this.#pictures.line(bytes, at, this.#atNs, missing, isFirst);
  }

  /** After 255 comes 1, as it does when a turn begins: that is told from it by the number in front. */
  #step(number: number): { readonly missing: number; readonly isFirst: boolean } {
    const before = this.#before;
    if (before === undefined) return { missing: 0, isFirst: false };
    const steps = ((number - before) & 0xff) >> 1;
    if (number === 1 && before !== 255) return { missing: 0, isFirst: true };
    // A step back is a turn whose first lines are missing.
    if (number < before && steps > longestGap) return { missing: number >> 1, isFirst: true };
    return { missing: Math.max(0, steps - 1), isFirst: false };
  }

  #leaveOut(bytes: number): void {
    this.#otherBytes += bytes;
    const lines = Math.floor(this.#otherBytes / samples);
    this.#otherBytes -= lines * samples;
    if (lines > 0) this.#sink.lost('usb-probe/line-of-other-endpoint', lines);
  }
}

const longestGap = 16;
